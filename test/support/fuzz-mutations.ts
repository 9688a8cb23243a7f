import fc from 'fast-check';
import type { WireRequest } from '../../src/dialects/dialect.ts';
import type { RawRequest } from './fuzz-wire.ts';

/** How many cases are tried: `DRAGOMAN_FUZZ_RUNS`, or what fits into everybody's `npm test`. */
export const fuzzRuns = Number(process.env['DRAGOMAN_FUZZ_RUNS'] ?? 1_500);

/** Where every property of this process begins: `DRAGOMAN_FUZZ_SEED` repeats a run, whose seed is printed. */
const seed = Number(process.env['DRAGOMAN_FUZZ_SEED'] ?? Date.now() % 2 ** 31);
console.log(`DRAGOMAN_FUZZ_SEED=${seed}`);

/** Settings of every fuzz property; a failure prints its path too. */
export const fuzzSettings = (share = 1) => {
  return {
    numRuns: Math.max(1, Math.round(fuzzRuns * share)),
    seed,
    // Each try is a request: what is found is to be told within a minute.
    interruptAfterTimeLimit: 60_000 + fuzzRuns * 100,
    markInterruptAsFailure: true,
  };
};

const oddTexts = [
  '',
  ' ',
  '0',
  '-1',
  '1e309',
  'null',
  '\0',
  '\ud83d',
  '\udc00\ud800',
  '\u{1f469}\u200d\u{1f467}',
  'e\u0301'.repeat(50),
  '\u202e\u2066\ufeff',
  '\r\nX-Evil: 1',
  '__proto__',
  'constructor',
  '../../etc/passwd',
  '%00%0d%0a',
  '<script>',
  '2026-02-30T25:61:61Z',
  '+275760-09-13T00:00:00.001Z',
  '999999999999999999999999',
  'ab12cd34-ef56-7890-ab12-cd34ef567890',
  'conv_ab12cd34ef567890ab12cd34ef567890',
  '1-00000000.1',
  'http://[::1',
  'a@b.c',
  'x'.repeat(257),
  'x'.repeat(70_000),
];

const oddNumbers = [0, -0, -1, 0.5, 51, 1e21, 2 ** 31, 2 ** 53, -(2 ** 53), 1e308, 5e-324];

/** What nobody expects in a field. */
export const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<unknown>(...oddTexts) },
  { weight: 3, arbitrary: fc.constantFrom<unknown>(...oddNumbers, true, false, null, [], {}, [[]], [null], { a: {} }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.json().map((text): unknown => JSON.parse(text)) },
  { weight: 1, arbitrary: fc.constantFrom(nest(40), nest(200), fill(300), prototypes()) },
);

function nest(depth: number): unknown {
  let value: unknown = 1;
  for (let at = 0; at < depth; at += 1) value = at % 2 === 0 ? [value] : { a: value };
  return value;
}

function fill(length: number): unknown {
  return Array.from({ length }, (_, at) => ({ timestamp: String(at), type: 'browse' }));
}

function prototypes(): unknown {
  return JSON.parse('{"__proto__":{"message":"x","__proto__":{"a":1}},"constructor":{"prototype":{"stream":true}}}');
}

/** One change of a JSON value, at a place that `at` chooses. */
export interface Edit {
  readonly at: number;
  readonly kind: 'replace' | 'delete' | 'add' | 'wrap' | 'double' | 'rename';
  readonly key: string;
  readonly value: unknown;
}

export const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom('replace', 'replace', 'replace', 'delete', 'add', 'wrap', 'double', 'rename'),
  key: fc.oneof(fc.constantFrom(...oddTexts.slice(0, 20), 'message', 'limit', 'stream', 'metadata'), fc.string()),
  value: oddValue,
});

/** The value after an edit of something inside it. */
export function edited(value: unknown, { at, kind, key, value: other }: Edit): unknown {
  const places = placesIn(value);
  const place = places[at % places.length] ?? [];
  return change(value, place, (old) => {
    switch (kind) {
      case 'replace':
        return other;
      case 'delete':
        return undefined;
      case 'add':
        return isObject(old) ? withEntry(old, key, other) : other;
      case 'wrap':
        return [old];
      case 'double':
        return typeof old === 'string' ? old + old : [old, old];
      case 'rename':
        return isObject(old) ? renamed(old, key) : old;
      default:
        return kind satisfies never;
    }
  });
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `__proto__` as a key like any other. */
const withEntry = (old: object, key: string, value: unknown): object =>
  Object.fromEntries([...Object.entries(old), [key, value]]);

const renamed = (old: object, key: string): object =>
  Object.fromEntries(Object.entries(old).map(([name, value], at) => [at === 0 ? key : name, value]));

type Place = readonly (string | number)[];

function placesIn(value: unknown, place: Place = []): Place[] {
  if (place.length > 6 || typeof value !== 'object' || value === null) return [place];
  const inner = Array.isArray(value)
    ? value.slice(0, 20).flatMap((each, index) => placesIn(each, [...place, index]))
    : Object.entries(value).flatMap(([key, each]) => placesIn(each, [...place, key]));
  return [place, ...inner];
}

function change(value: unknown, [first, ...rest]: Place, how: (old: unknown) => unknown): unknown {
  if (first === undefined) return how(value);
  if (Array.isArray(value)) return value.map((each, index) => (index === first ? change(each, rest, how) : each));
  return Object.fromEntries(
    Object.entries(Object(value) as object).map(([key, each]) => [key, key === first ? change(each, rest, how) : each]),
  );
}

/** The wire after edits of its query, headers and body; places in its path become text. */
export function editedWire(wire: WireRequest, edits: readonly Edit[]): WireRequest {
  let result: unknown = { ...wire, headers: { ...wire.headers } };
  for (const each of edits) result = edited(result, each);
  const { params, query, headers, body } = Object(result) as Record<string, unknown>;
  const kept = { ...wire.params, ...toRecord(params) };
  return {
    params: Object.fromEntries(Object.entries(kept).map(([name, value]) => [name, toText(value)])),
    query: toRecord(query),
    headers: Object.fromEntries(
      Object.entries(toRecord(headers)).map(([name, value]) => [toName(name), toText(value)]),
    ),
    body,
  };
}

const toRecord = (value: unknown): Record<string, unknown> => (isObject(value) ? { ...value } : {});
const toText = (value: unknown): string =>
  (typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)).slice(0, 6_000);
const toName = (name: string): string => name.replace(/[^\w-]/g, '') || 'x';

const headerNames = [
  'idempotency-key',
  'last-event-id',
  'accept',
  'content-type',
  'content-encoding',
  'origin',
  'cookie',
  'expect',
  'upgrade',
  'range',
  'if-none-match',
  'x-forwarded-for',
  'x-user-identifier',
  'x-http-method-override',
  'access-control-request-method',
];

/** One more header, or none. */
export const oddHeader: fc.Arbitrary<Readonly<Record<string, string>>> = fc
  .record({
    name: fc.constantFrom(...headerNames),
    value: fc.oneof(
      fc.constantFrom(...oddTexts.slice(0, 27), 'application/json', 'text/event-stream', 'gzip'),
      fc.string(),
    ),
  })
  .chain(({ name, value }) => fc.constantFrom({}, {}, {}, { [name]: value }));

/** A change of a request as bytes. */
export interface Damage {
  readonly method?: string | undefined;
  readonly target?: string | undefined;
  /** How much of the bytes is sent, 0 to 1. */
  readonly cut?: number | undefined;
  readonly flips: readonly number[];
}

const methods = ['GET', 'POST', 'DELETE', 'PATCH', 'PUT', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'get', 'NONSENSE'];
const targets = [
  '/',
  '/v1/chats',
  '/ws/chat',
  '/api/v1/chat/history?site_key=sk_demo',
  '/v1/chat/%E0%A4%A',
  '*',
  '//',
  '/uploads/x',
  'http://x:1/v1/chat',
  '/admin/v1/none?a=%',
  '/metrics',
];

export const damage: fc.Arbitrary<Damage> = fc.record({
  method: rarely(fc.constantFrom(...methods)),
  target: rarely(fc.constantFrom(...targets)),
  cut: rarely(fc.double({ min: 0, max: 1, noNaN: true })),
  flips: fc.oneof(
    { weight: 8, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.nat(), { minLength: 1, maxLength: 8 }) },
  ),
});

function rarely<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 10, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
}

/** The request with another method or target. */
export function misdirected(request: RawRequest, { method, target }: Damage): RawRequest {
  return { ...request, method: method ?? request.method, target: target ?? request.target };
}

/** The bytes, cut and with bits turned over; the same bytes if there is nothing to do. */
export function damaged(bytes: Buffer, { cut, flips }: Damage): Buffer {
  const copy = Buffer.from(cut === undefined ? bytes : bytes.subarray(0, Math.floor(bytes.length * cut)));
  for (const flip of flips) {
    const at = Math.floor(flip / 8) % Math.max(1, copy.length);
    if (copy.length > 0) copy.writeUInt8(copy.readUInt8(at) ^ (1 << (flip % 8)), at);
  }
  return copy;
}
