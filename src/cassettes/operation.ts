import type { OperationName } from '../canonical/index.ts';
import type { Dialect } from '../dialects/dialect.ts';

/** The operation of a dialect that a request asks for; `undefined` for a path or a method that is none of its. */
export function operationOf(
  { endpoints, sockets = [] }: Pick<Dialect, 'endpoints' | 'sockets'>,
  { method, path }: { readonly method: string; readonly path: string },
): OperationName | undefined {
  const endpoint = endpoints.find(
    (each) => each.method === method && each.paths.some((template) => fits(template, path)),
  );
  return endpoint?.operation ?? sockets.find(({ paths }) => method === 'GET' && paths.includes(path))?.operation;
}

/** The values of a template's places in a path that fits it. */
export function paramsOf(template: string, path: string): Readonly<Record<string, string>> | undefined {
  const steps = template.split('/');
  const found = path.split('/');
  if (steps.length !== found.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, step] of steps.entries()) {
    const value = found[index] ?? '';
    if (step.startsWith(':') && value !== '') params[step.slice(1)] = value;
    else if (step !== value) return undefined;
  }
  return params;
}

const fits = (template: string, path: string): boolean => paramsOf(template, path) !== undefined;

/** People's addresses and pictures are no part of what is compared later. */
const unrecorded: readonly OperationName[] = ['save-contact', 'upload-image'];

/** Whether exchanges of an operation may stand in a cassette. */
export const mayBeRecorded = (operation: OperationName): boolean => !unrecorded.includes(operation);
