import type { WireRequest } from '../../src/dialects/dialect.ts';
import { readSchema, schemaGuard } from '../../src/dialects/schema.ts';

type Path = readonly string[];

/** Places in a request at which its schema may take a text, as far as it names them, and one in the body that it does not name. */
function placesIn(file: string): readonly Path[] {
  const root = readSchema(file);
  const found = leavesOf(root, file, []);
  const names = found.some(([place]) => place === 'body') ? [...found, ['body', 'unheard_of']] : found;
  return [...new Map(names.map((path) => [path.join('.'), path])).values()];
}

function leavesOf(value: unknown, file: string, path: Path): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [];
  const schema: any = value; // a JSON schema of ours
  if (typeof schema.$ref === 'string') {
    const name = new URL(schema.$ref, `schema:///${file}`).pathname.slice(1);
    return leavesOf(readSchema(name), name, path);
  }
  const branches = [schema.anyOf, schema.oneOf, schema.allOf, [schema.then, schema.else]].flat();
  const inside = [
    ...Object.entries(schema.properties ?? {}).flatMap(([name, field]) => leavesOf(field, file, [...path, name])),
    ...leavesOf(schema.items, file, [...path, '0']),
    ...branches.flatMap((branch) => leavesOf(branch, file, path)),
  ];
  const isFree =
    path.length > 1 &&
    inside.length === 0 &&
    (schema.type === undefined || !/^(integer|number|boolean)$/.test([schema.type].flat()[0]));
  return isFree ? [path] : inside;
}

/** A request with one text of the visitor's in it. */
export interface Filled {
  /** `body.page_url` */
  readonly field: string;
  readonly wire: WireRequest;
}

/** The request, once for each place at which its schema takes one of these texts: the first of them that it takes. */
export function filledEverywhere(file: string, wire: WireRequest, texts: readonly unknown[]): readonly Filled[] {
  const guard = schemaGuard<WireRequest>(file);
  return placesIn(file).flatMap((path) => {
    const candidates = texts.map((text) => withAt(wire, path, text) as WireRequest);
    const taken = candidates.find((candidate) => guard.accepts(candidate));
    return taken === undefined ? [] : [{ field: path.join('.'), wire: taken }];
  });
}

function withAt(value: unknown, [name, ...rest]: Path, text: unknown): unknown {
  if (name === undefined) return text;
  if (name === '0') return [withAt(Array.isArray(value) ? value[0] : undefined, rest, text)];
  const fields: any = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  return { ...fields, [name]: withAt(fields[name], rest, text) };
}
