/**
 * How an answer differs from a documented one in its keys and types, recursively; nothing if it does not. Every entry of a list must
 * be shaped like the first documented one. `more` allows keys that the document leaves out; below the paths in `free` only the
 * type counts.
 */
export function shapeProblems(
  answer: unknown,
  documented: unknown,
  options: { readonly more?: boolean; readonly free?: readonly string[] } = {},
  path = '',
): readonly string[] {
  const [is, should] = [typeOf(answer), typeOf(documented)];
  if (is !== should) return [`${path || 'the answer'} is ${is}, documented is ${should}`];
  if (options.free?.includes(path)) return [];
  if (Array.isArray(answer) && Array.isArray(documented)) {
    if (documented.length === 0) return [];
    if (answer.length === 0) return [`${path} is empty`];
    return answer.flatMap((entry, index) => shapeProblems(entry, documented[0], options, `${path}[${index}]`));
  }
  if (!isRecord(answer) || !isRecord(documented)) return [];
  const unknown = Object.keys(answer).filter((key) => options.more !== true && !Object.hasOwn(documented, key));
  return [
    ...unknown.map((key) => `${path}.${key} is not documented`),
    ...Object.entries(documented).flatMap(([key, value]) =>
      Object.hasOwn(answer, key)
        ? shapeProblems(answer[key], value, options, path === '' ? key : `${path}.${key}`)
        : [`${path}.${key} is missing`],
    ),
  ];
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** The sets of keys and types of frames, each once, in the order in which they first come; `type` counts with its value. */
export const kinds = (frames: readonly unknown[]): readonly string[] => [
  ...new Set(frames.map((frame) => JSON.stringify(frame, (key, value) => (key === '' ? value : kindOf(key, value))))),
];
const kindOf = (key: string, value: unknown): unknown =>
  key === 'type' || (typeof value === 'object' && value !== null) ? value : typeof value;
