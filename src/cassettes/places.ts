import type { Turn } from '../canonical/index.ts';
import type { CredentialPlaces, Dialect } from '../dialects/dialect.ts';
import { readSchema, referencedFiles } from '../dialects/schema.ts';

/** What of a dialect's wire is secret, and what of it is nobody's own words: read off its tables and schemas. */
export interface Places {
  /** Headers of requests that are recorded; of the others nobody knows what they hold. */
  readonly headers: ReadonlySet<string>;
  /** Headers that say who calls. */
  readonly secretHeaders: ReadonlySet<string>;
  /** Fields, in a query or a body, that say who calls. */
  readonly secrets: ReadonlySet<string>;
  /** Fields that name a visitor's session: they get another name, the same one each time. */
  readonly sessions: ReadonlySet<string>;
  /** Fields that name who is to answer. */
  readonly agents: ReadonlySet<string>;
  /** Words of the documents, by which a message says what it is. */
  readonly words: ReadonlySet<string>;
}

/** What goes with any request and says nothing of who makes it. */
const plainHeaders = ['accept', 'accept-encoding', 'content-type', 'last-event-id', 'idempotency-key', 'user-agent'];

export function placesOf(dialect: Dialect): Places {
  const surfaces = [...dialect.endpoints, ...(dialect.sockets ?? [])];
  const schemas = allSchemas([
    dialect.errors.schema,
    ...surfaces.flatMap(({ schema }) => Object.values(schema).filter((file) => typeof file === 'string')),
  ]);
  const { headers: credentials, fields, sessions } = credentialNames(dialect.credential);
  const documented = surfaces.flatMap(({ schema }) => headersIn(readSchema(schema.request)));
  return {
    headers: new Set([...plainHeaders, ...documented].filter((name) => !credentials.includes(name) && !isSecret(name))),
    secretHeaders: new Set(credentials),
    secrets: new Set(fields),
    sessions: new Set(sessions),
    agents: new Set(dialect.endpoints.flatMap(agentFields)),
    words: new Set(schemas.flatMap(wordsIn)),
  };
}

/** Whether a field or header of this name holds a secret in any API. */
export function isSecret(name: string): boolean {
  return /(?:api[_-]?key|token|secret|passw(?:or)?d|passphrase|authorization|credential|signature|cookie|[_-]hash|Hash)$/i.test(
    name,
  );
}

function credentialNames(places: CredentialPlaces) {
  if (places.kind === 'site') {
    const { siteFields, sessionFields, identity } = places;
    return {
      headers: ['authorization', 'cookie', identity.hashHeader],
      fields: [...siteFields, ...identity.hashFields, ...identity.tokenFields],
      sessions: sessionFields,
    };
  }
  const { headers, socketQuery } = places;
  return {
    headers: ['authorization', 'cookie', ...headers],
    fields: socketQuery === undefined ? headers : [...headers, socketQuery],
    sessions: [],
  };
}

function allSchemas(files: readonly string[]): readonly unknown[] {
  const found = new Map<string, unknown>();
  const add = (file: string): void => {
    if (found.has(file)) return;
    const schema = readSchema(file);
    found.set(file, schema);
    referencedFiles(schema, `dragoman:/${file}`).forEach(add);
  };
  files.forEach(add);
  return [...found.values()];
}

function headersIn(schema: Record<string, unknown>): readonly string[] {
  const { headers } = Object(schema['properties']) as { readonly headers?: { readonly properties?: object } }; // our own files
  return Object.keys(headers?.properties ?? {});
}

/** Single words that a schema names as values: what is longer could be somebody's. */
function wordsIn(schema: unknown): readonly string[] {
  const words: string[] = [];
  JSON.stringify(schema, (key, value: unknown) => {
    if (key === 'const') words.push(String(value));
    if ((key === 'enum' || key === 'examples') && Array.isArray(value)) words.push(...value.map(String));
    return value;
  });
  return words.filter((word) => /^[\w.:-]+$/.test(word));
}

const anyTurn: Turn = { text: 'a', attachments: [], delivery: 'whole', participant: { userId: 'a' }, activity: [] };
const anyAgent = '5e9c1a2b-3d4e-4f60-b2f2-9f4b1c2d3e4f';

/** The fields that an agent's name turns up in when a turn is written. */
function agentFields(endpoint: Dialect['endpoints'][number]): readonly string[] {
  if (endpoint.operation !== 'send-message' || !endpoint.carries.includes('agent')) return [];
  const exchange = { replyId: anyAgent, receivedAt: '2026-01-01T00:00:00Z', conversationId: anyAgent };
  const { body } = endpoint.request.encode({ ...anyTurn, agent: anyAgent }, exchange);
  return Object.entries({ ...(body as object) }).flatMap(([name, value]) => (value === anyAgent ? [name] : [])); // what is written of a turn is an object or nothing
}
