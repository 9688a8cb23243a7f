import { readSchema } from '../../src/dialects/schema.ts';

/** JSON text that a schema is likely to refuse, at a great price: as much of it as the bounds of a body let in. */
export type Text = string;

/** As documented, less what stands around a value. */
const maxBytes = 1_040_000;
const maxValues = 19_900;
const maxDepth = 60;

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly examples?: readonly unknown[];
  readonly [keyword: string]: unknown;
}

/** Small things of every type, so that whichever is expected, some are wrong. */
const small: readonly Text[] = [
  '0',
  '1e400',
  '-0.5',
  'null',
  'true',
  '""',
  '"x"',
  '"\\ud800\\u0000"',
  '[]',
  '{}',
  '[[0]]',
];

/** Those of them that stand in lists. */
const tiny: readonly Text[] = ['0', 'null', '"x"', '{}'];

const count = (text: Text): number => Math.max(1, Math.min(maxValues, Math.floor(maxBytes / (text.length + 10))));
const times = (text: Text, length = count(text)): Text[] => Array<Text>(length).fill(text);

const list = (entry: Text, length?: number): Text => `[${times(entry, length).join(',')}]`;
const map = (entry: Text, name: (at: number) => string): Text =>
  `{${times(entry)
    .map((text, at) => `${JSON.stringify(name(at))}:${text}`)
    .join(',')}}`;
const nested = (open: string, inner: Text, close: string): Text =>
  open.repeat(maxDepth) + inner + close.repeat(maxDepth);
const string = (part: string, end = ''): Text =>
  `"${part.repeat(Math.floor(maxBytes / Buffer.byteLength(part)))}${end}"`;

/** Large things of every kind, wherever they stand. */
const large: readonly (() => Text)[] = [
  () => list('0'),
  () => list('{}'),
  () => list('"\\n"'),
  () => map('0', (at) => `key${at}`),
  () => map('{}', (at) => `${at * 65_537}`),
  () => map('null', (at) => `camelCaseName${at}\u{1f600}`),
  () => map('0', () => '__proto__'),
  () => nested('[', list('0'), ']'),
  () =>
    nested(
      '{"a":',
      map('0', (at) => `b${at}`),
      '}',
    ),
  () => nested('[{"__proto__":', '0', '}]').slice(0, -1),
  () => string('a'),
  () => string('\u{1f600}'),
  () => string('\\ud800'),
  () => string('\\u0000'),
  () => string('\\n', '\n'),
  // What patterns of numbers, addresses and e-mail addresses nearly take.
  () => string('0', 'x'),
  () => string('0_', '.'),
  () => string(' ', 'x'),
  () => string('9'),
  () => string('1', '.'),
  () => string('a@', '@'),
  () => string('a.', '@'),
  () => `"a@${string('a-').slice(1, -1)}"`,
  () => `"a@${string('a.').slice(1, -1)}"`,
  () => `"https://${string('%20').slice(1, -1)}"`,
  () => `"http://[${string(':').slice(1, -1)}"`,
  () => `"x:${string('/a').slice(1, -1)} "`,
  () => '9'.repeat(maxBytes),
  () => `0.${'9'.repeat(maxBytes)}`,
];

/** JSON of more than is taken, and what is nearly JSON. */
const broken: readonly (() => Text)[] = [
  () => '['.repeat(maxBytes),
  () => '{"":'.repeat(maxBytes / 4),
  () => '[]'.repeat(maxBytes / 2),
  () => `[${'0,'.repeat(maxBytes / 2)}0]`,
  () => `{${Array.from({ length: 60_000 }, (_, at) => `"k${at}":{}`).join(',')}}`,
  () => `${list('0')}}`,
  () => `${map('"\\u0041"', (at) => `k${at}`)},`,
  () => `[${string('\\u00e9')}`,
  () => `[${string('\u{1f600}')}x`,
  () => ' '.repeat(maxBytes),
  () => '\ufeff'.repeat(maxBytes / 3),
];

/**
 * Bodies for a request's schema, `openai/send-message.request.json`; `good` is one that it takes. Fields whose schema is among
 * the `known` are left out, and new ones added: what costs little in one request costs as little in the next.
 */
export function* worstBodies(file: string, good: unknown, known: Set<string>): Iterable<Text> {
  const body = resolve({ $ref: file }, '').properties?.['body'] ?? {};
  for (const make of [...broken, ...large]) yield make();
  yield* inside({ ...body, properties: {} });
  for (const [name, schema] of Object.entries(body.properties ?? {})) {
    const kind = JSON.stringify({ ...schema, description: '', examples: [] });
    if (known.has(kind)) continue;
    known.add(kind);
    for (const text of worstValues(schema)) yield write({ ...objectOf(good), [name]: new Raw(text) });
  }
}

function* worstValues(schema: Schema): Iterable<Text> {
  yield* small;
  // Where a text is looked at by nothing but its type, one is as good as another.
  const isLookedAt = ['pattern', 'format', 'items', 'properties', 'anyOf'].some((keyword) => keyword in schema);
  for (const make of isLookedAt ? large : large.filter((_, at) => at % 4 === 0)) yield make();
  yield* inside(schema);
}

/** Lists and maps filled with what the schema of their entries refuses; for an object, with one wrong field. */
function* inside({ items, additionalProperties: others }: Schema): Iterable<Text> {
  for (const text of items === undefined ? [] : new Set(wrong(items))) yield list(text);
  for (const text of typeof others === 'object' ? new Set(wrong(others)) : []) yield map(text, (at) => `key${at}`);
  if (items !== undefined) yield list(list('0', 100), 190);
}

/** Small texts that are wrong in any way that the schema can tell. */
function wrong(schema: Schema): readonly Text[] {
  const example = objectOf(schema.examples?.[0]);
  const ofFields = everyField(schema).flatMap(([name, field]) =>
    wrong(field).map((text) => write({ ...example, [name]: new Raw(text) })),
  );
  const ofItems = schema.items === undefined ? [] : wrong(schema.items).map((text) => list(text, 20));
  return [...tiny, ...ofFields, ...ofItems];
}

/** Fields that the schema names itself, or in its conditions. */
function everyField(schema: Schema): readonly (readonly [string, Schema])[] {
  const conditions = ['allOf', 'anyOf', 'oneOf', 'then', 'else'].flatMap(
    (keyword) => schema[keyword] ?? [],
  ) as Schema[];
  return [...Object.entries(schema.properties ?? {}), ...conditions.flatMap(everyField)];
}

/** JSON text that goes into other JSON as it is. */
class Raw {
  readonly text: Text;
  constructor(text: Text) {
    this.text = text;
  }
}

const write = (fields: object): Text =>
  `{${Object.entries(fields)
    .map(([name, value]) => `${JSON.stringify(name)}:${value instanceof Raw ? value.text : JSON.stringify(value)}`)
    .join(',')}}`;

const objectOf = (value: unknown): object =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};

/** The schema with the files that it names put in their places. */
function resolve(schema: Schema, file: string): Schema {
  const { $ref, ...rest } = schema;
  const address = $ref === undefined ? undefined : new URL($ref, `schema:/${file}`).pathname.slice(1);
  const named = address === undefined ? {} : resolve(readSchema(address), address);
  const own = Object.entries(rest).map(([key, value]) => [key, key === 'examples' ? value : resolveAny(value, file)]);
  return { ...named, ...(Object.fromEntries(own) as Schema) };
}

function resolveAny(value: unknown, file: string): unknown {
  if (Array.isArray(value)) return value.map((each) => resolveAny(each, file));
  return typeof value === 'object' && value !== null ? resolve(value as Schema, file) : value; // any object in a schema may be one
}
