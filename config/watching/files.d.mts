export function badCodes(codes: Readonly<Record<string, { readonly status: number }>>): readonly string[];
export function watchingFiles(
  codes: Readonly<Record<string, { readonly status: number }>>,
): Readonly<Record<string, string>>;
