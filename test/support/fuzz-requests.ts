import { createHash } from 'node:crypto';
import { adminApi } from '../../src/admin/index.ts';
import type { Backend } from '../../src/backends/backend.ts';
import type { AnyEndpoint, Dialect, WireRequest } from '../../src/dialects/dialect.ts';
import { dialects } from '../../src/dialects/registry.ts';
import { readSchema } from '../../src/dialects/schema.ts';
import type { RawRequest } from './fuzz-wire.ts';
import { readGoldenDocuments, type Wire } from './golden.ts';
import createParrot from './parrot.mjs';
import { pictureOf } from './pictures.ts';

/** Everything that is served: the dialects, and the operators' API. */
export const servedDialects: readonly Dialect[] = [...dialects, adminApi];

/** Endpoints with the dialect that they are of. */
export const served = servedDialects.flatMap((dialect) =>
  dialect.endpoints.map((endpoint) => ({
    dialect,
    endpoint,
    name: `${dialect.name} ${endpoint.method} ${endpoint.paths[0] ?? ''}`,
  })),
);

/** The demo's secrets, and those that `withNeighbour` adds. */
export const secrets = {
  key: 'demo-key',
  revokedKey: 'revoked-key-b3f1',
  otherKey: 'neighbour-key-77aa',
  site: 'sk_demo',
  otherSite: 'sk_neighbour',
  adminToken: 'demo-admin',
  narrowAdminToken: 'narrow-admin-55cc',
} as const;

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
export const tenantId = '3210cba9-8fed-4c65-8b32-1a0f9e8d7c6b';
export const neighbourId = '11111111-2222-4333-8444-555555555555';

/** Adds a revoked key, one that migrates, an operator of one tenant, and a second tenant whose key and agent have the first one's names. */
export function withNeighbour(demo: any): void {
  const [shop] = demo.tenants;
  const [key] = shop.keys;
  delete key.limits;
  demo.backends.spare = { type: 'catalog', catalog: 'shop' };
  shop.keys.push({ ...key, name: 'moving', sha256: sha256('moving-key') });
  demo.migrations = [
    { name: 'move', tenant: tenantId, keys: ['moving'], from: { backend: 'shop' }, to: { backend: 'spare' } },
  ];
  shop.keys.push({ ...key, name: 'old', sha256: sha256(secrets.revokedKey), revoked: true });
  const agents = [{ ...shop.agents[0], id: '22222222-3333-4444-8555-666666666666' }];
  demo.tenants.push({
    id: neighbourId,
    name: 'Neighbour',
    keys: [{ ...key, sha256: sha256(secrets.otherKey) }],
    sites: [{ ...shop.sites[0], key: secrets.otherSite }],
    agents,
  });
  demo.admin.tokens.push({ name: 'narrow', sha256: sha256(secrets.narrowAdminToken), tenants: [neighbourId] });
  // Failures by the thousand come from one address here.
  demo.limits = { failedAuthentications: { points: 1_000_000, seconds: 1 } };
}

/** A backend that answers at once, with everything that a reply can hold. */
export const parrot: Backend = { name: 'parrot', ...createParrot() };

/** What the places of a path stand for, and the query of an endpoint without documents. */
export interface Known {
  /** A conversation of the demo's tenant. */
  readonly conversationId: string;
}

/** The user whose conversations are listed. */
export const knownUser = 'user123';

const places: Readonly<Record<string, (known: Known) => string>> = {
  slug: () => 'support-agent',
  chatId: ({ conversationId }) => conversationId,
  chat_id: ({ conversationId }) => conversationId,
  conversation_id: ({ conversationId }) => conversationId,
  user_id: () => knownUser,
  tenant_id: () => tenantId,
  model: () => 'support-agent',
  site: () => secrets.site,
  session_id: () => 'sess_abc',
  name: () => 'move',
};

/** The demo's credential for a dialect, as headers; a site's is in the request itself. */
export function credentialHeaders(
  { credential }: Dialect,
  secret: string | undefined = credential.kind === 'admin-token' ? secrets.adminToken : secrets.key,
): Readonly<Record<string, string>> {
  if (credential.kind === 'site') return {};
  const [name = ''] = credential.headers;
  return { [name]: name === 'authorization' ? `Bearer ${secret}` : secret };
}

/** A wire request that the gateway answers well: a documented one, made to name things that are there. */
export interface GoodRequest {
  readonly dialect: Dialect;
  readonly endpoint: AnyEndpoint;
  readonly wire: WireRequest;
}

/** The documented requests of an endpoint; what has no document is made from the examples in its schema. */
export function goodRequests(dialect: Dialect, endpoint: AnyEndpoint, known: Known): readonly GoodRequest[] {
  const base = endpoint.schema.request.replace(/^.*\//, '').replace(/\.request\.json$/, '');
  const documents = readGoldenDocuments(dialect).filter(
    (each) => each.kind === 'request' && each.base === base && !followsReply(each.wire),
  );
  const wires: readonly Wire[] =
    documents.length > 0 ? documents.map(({ wire }) => wire) : [exampleOf(endpoint.schema.request)];
  const isQuery = endpoint.method === 'GET';
  return wires.map((wire, number) => ({
    dialect,
    endpoint,
    wire: {
      params: fillPlaces(endpoint.paths[0] ?? '', known),
      query: named(dialect, wire.query ?? {}, isQuery),
      headers: { ...wire.headers, ...continued(wire.headers, known), ...credentialHeaders(dialect) },
      body: isObject(wire.body)
        ? named(dialect, { ...numbered(wire.body, number), ...continuedInBody(wire.body, known) }, !isQuery)
        : wire.body,
    },
  }));
}

/** A conversation that a document goes on with, as one that is there. */
const continued = (headers: Wire['headers'], { conversationId }: Known): Record<string, string> =>
  headers?.['x-conversation-id'] === undefined ? {} : { 'x-conversation-id': conversationId };

const continuedInBody = (body: object, { conversationId }: Known): object =>
  'conversation' in body ? { conversation: conversationId } : {};

/** Whether a document names a reply, which is another in each run. */
const followsReply = ({ body }: Wire): boolean =>
  /"(?:previous_response_id|item_reference)"/.test(JSON.stringify({ body }));

/** Placeholders of the documents, as what is really there. */
function named({ credential }: Dialect, fields: object, isPlaceOfSite: boolean): Record<string, unknown> {
  const chatbot = 'chatbotId' in fields ? { chatbotId: '5e9c1a2b-3d4e-4f60-b2f2-9f4b1c2d3e4f' } : {};
  const model = 'model' in fields ? { model: 'support-agent' } : {};
  const [site, ...others] = credential.kind === 'site' ? credential.siteFields : [];
  const kept = Object.entries(fields).filter(([name]) => name !== site && !others.includes(name));
  return {
    ...(site !== undefined && isPlaceOfSite && { [site]: secrets.site }),
    ...Object.fromEntries(kept),
    ...chatbot,
    ...model,
  };
}

/** The documents use one message id for different messages. */
const numbered = (body: object, number: number): object =>
  Object.fromEntries(
    Object.entries(body).map(([name, value]) => [
      name,
      /^message_?id$/i.test(name) ? `${String(value)}-${number}` : value,
    ]),
  );

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function fillPlaces(path: string, known: Known): Record<string, string> {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  return Object.fromEntries(names.map((name) => [name, placeOf(name)(known)]));
}

function placeOf(name: string): (known: Known) => string {
  const place = places[name];
  if (place === undefined) throw new Error(`Tell test/support/fuzz-requests.ts what :${name} stands for`);
  return place;
}

function exampleOf(file: string): Wire {
  // Our own schemas: a part without examples has none to give.
  const schema = readSchema(file) as { readonly properties?: { readonly body?: { readonly examples?: unknown[] } } };
  const [body] = schema.properties?.body?.examples ?? [];
  return body === undefined ? {} : { body };
}

export const png = pictureOf('image/png');
const boundary = 'dragoman-boundary';

/** A wire request as HTTP, on the endpoint's path with this number. */
export function toRaw({ endpoint, wire }: GoodRequest, pathNumber = 0): RawRequest {
  const template = endpoint.paths[pathNumber % endpoint.paths.length] ?? '';
  const path = template.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(toWellFormed(wire.params[name])));
  const query = toQuery(wire.query);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(wire.headers)) {
    if (value !== undefined) headers[name] = toHeader(value);
  }
  const request = { method: endpoint.method, target: query === '' ? path : `${path}?${query}`, headers };
  if (endpoint.bodyForm === 'multipart') {
    headers['content-type'] ??= `multipart/form-data; boundary=${boundary}`;
    return { ...request, body: toMultipart(wire.body) };
  }
  if (wire.body === undefined) return request;
  headers['content-type'] ??= 'application/json';
  return { ...request, body: JSON.stringify(wire.body) };
}

const toWellFormed = (value: unknown): string => Buffer.from(String(value)).toString('utf8');

/** What can stand in a header at all: the rest is for raw bytes. */
const toHeader = (value: unknown): string => String(value).replace(/[^\t\x20-\x7e\x80-\xff]/g, '?');

function toQuery(query: WireRequest['query']): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value].flat().map((each) => [name, typeof each === 'string' ? each : JSON.stringify(each)]),
  );
  return pairs.map((pair) => pair.map((text) => encodeURIComponent(toWellFormed(text))).join('=')).join('&');
}

function toMultipart(body: unknown): Buffer {
  const fields = typeof body === 'object' && body !== null ? Object.entries(body) : [];
  const parts = fields.map(([name, value]) => {
    const isFile = name === 'image';
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${toHeader(name)}"${isFile ? '; filename="1.png"\r\nContent-Type: image/png' : ''}\r\n\r\n`;
    return Buffer.concat([Buffer.from(head), isFile ? png : Buffer.from(String(value)), Buffer.from('\r\n')]);
  });
  return Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);
}
