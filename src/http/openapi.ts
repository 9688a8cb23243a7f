import type { AnyEndpoint, CredentialPlaces, Dialect, IdentityPlaces, SocketEndpoint } from '../dialects/dialect.ts';
import { createSchemaComponents, type SchemaComponents } from './openapi-schemas.ts';

type Description = Readonly<Record<string, unknown>>;

/** The OpenAPI 3.1 description of dialects, made from their tables and schemas. */
export function describeApi(dialects: readonly Dialect[]): Description {
  const schemas = createSchemaComponents();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const dialect of dialects) {
    for (const { path, method, operation } of operationsOf(dialect, schemas)) {
      paths[path] = { ...paths[path], [method]: operation };
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: dialects.length === 1 ? `Dragoman: ${dialects[0]?.name ?? ''}` : 'Dragoman',
      version: '1',
      description: 'The chat APIs that the gateway serves, each as its own clients know it.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: dialects.map(({ name, title }) => ({ name, description: title })),
    paths,
    components: {
      schemas: schemas.all(),
      securitySchemes: Object.fromEntries(dialects.flatMap(({ credential }) => securitySchemes(credential))),
    },
  };
}

function* operationsOf(dialect: Dialect, schemas: SchemaComponents) {
  for (const endpoint of dialect.endpoints) {
    for (const [index, path] of endpoint.paths.entries()) {
      const operation = describeEndpoint(dialect, endpoint, schemas);
      const operationId = nameOperation(dialect, endpoint, index);
      yield { path: toTemplate(path), method: endpoint.method.toLowerCase(), operation: { operationId, ...operation } };
    }
  }
  for (const socket of dialect.sockets ?? []) {
    for (const path of socket.paths) {
      yield { path: toTemplate(path), method: 'get', operation: describeSocket(dialect, socket, schemas) };
    }
  }
}

const toTemplate = (path: string): string => path.replace(/:(\w+)/g, '{$1}');

/** Unique: one schema file is one endpoint's, and each path of an endpoint has its number. */
function nameOperation({ name }: Dialect, { schema, method }: AnyEndpoint, index: number): string {
  const file = schema.request.replace(/^.*\//, '').replace(/\.request\.json$/, '');
  return [name, method.toLowerCase(), file, ...(index === 0 ? [] : [index + 1])].join('-');
}

function describeEndpoint(dialect: Dialect, endpoint: AnyEndpoint, schemas: SchemaComponents): Description {
  const { title, properties } = readRequest(schemas, endpoint.schema.request);
  const body = properties['body'];
  const { credential } = dialect;
  return {
    tags: [dialect.name],
    summary: title,
    security: credential.kind === 'site' && body === undefined ? proofs : securityOf(credential, 'http'),
    parameters: describeParameters(properties),
    ...(body !== undefined && { requestBody: describeBody(endpoint, withProof(credential, body)) }),
    responses: {
      [String(endpoint.status ?? 200)]: { description: 'The answer', content: describeAnswer(endpoint, schemas) },
      ...failures(dialect, schemas),
    },
  };
}

function describeSocket(dialect: Dialect, { schema }: SocketEndpoint, schemas: SchemaComponents): Description {
  const { title, properties } = readRequest(schemas, schema.request);
  return {
    operationId: `${dialect.name}-socket`,
    tags: [dialect.name],
    summary: title,
    description: 'A WebSocket. `x-inbound` and `x-outbound` describe the JSON text frames.',
    security: securityOf(dialect.credential, 'socket'),
    parameters: describeParameters(properties),
    responses: { '101': { description: 'The protocol changes to WebSocket' }, ...failures(dialect, schemas) },
    'x-inbound': schemas.reference(schema.inbound),
    'x-outbound': schemas.reference(schema.event),
  };
}

function failures(dialect: Dialect, schemas: SchemaComponents): Description {
  const content = { 'application/json': { schema: schemas.reference(dialect.errors.schema) } };
  return {
    '4XX': { description: 'The request was refused', content },
    '5XX': { description: 'The answer failed', content },
  };
}

interface BodySchema extends Description {
  readonly properties?: Readonly<Record<string, Description>>;
  readonly required?: readonly string[];
}

interface RequestParts {
  readonly title: string;
  readonly properties: Readonly<Record<string, BodySchema>>;
}

/** A request's schema by the parts of a wire request; the law suite sees to it that it has them. */
function readRequest(schemas: SchemaComponents, file: string): RequestParts {
  return schemas.inline(file) as unknown as RequestParts;
}

const parameterPlaces = { params: 'path', query: 'query', headers: 'header' } as const;

function describeParameters(parts: RequestParts['properties']): readonly Description[] {
  return Object.entries(parameterPlaces).flatMap(([part, place]) => {
    const { properties = {}, required = [] } = parts[part] ?? {};
    return Object.entries(properties).map(([name, { description, ...schema }]) => ({
      name,
      in: place,
      required: place === 'path' || required.includes(name),
      ...(description !== undefined && { description }),
      schema,
    }));
  });
}

/** A body with the fields in which a site's visitor proves who they are. */
function withProof(credential: CredentialPlaces, body: BodySchema): BodySchema {
  if (credential.kind !== 'site') return body;
  const { userFields, hashFields, tokenFields } = credential.identity;
  const fields = [
    ...userFields.map((name) => [name, 'The visitor, a user of the site, where the site has its users proven']),
    ...hashFields.map((name) => [name, 'HMAC-SHA256 of the user id in hex, by the secret of the site']),
    ...tokenFields.map((name) => [name, 'A JWT of the site in place of both: `sub`, `aud` (the site key), `exp`']),
  ].map(([name = '', description]) => [name, { type: 'string', description }] as const);
  return { ...body, properties: { ...body.properties, ...Object.fromEntries(fields) } };
}

function describeBody({ bodyForm }: AnyEndpoint, schema: BodySchema): Description {
  const content =
    bodyForm === 'multipart'
      ? { 'multipart/form-data': { schema: describeForm(schema) } }
      : { 'application/json': { schema } };
  return { required: true, content };
}

/** A form's body with its files as files: the pipeline hands them over as objects that hold their bytes. */
function describeForm(schema: BodySchema): Description {
  const fields = Object.entries(schema.properties ?? {}).map(([name, field]) => {
    const isFile = 'bytes' in Object(field['properties']);
    return [name, isFile ? { ...file, description: field['description'] } : field];
  });
  return { ...schema, properties: Object.fromEntries(fields) };
}

const file = { type: 'string', contentMediaType: 'application/octet-stream' };

function describeAnswer({ schema, response, events }: AnyEndpoint, schemas: SchemaComponents): Description {
  return {
    ...(response && schema.response && { 'application/json': { schema: schemas.reference(schema.response) } }),
    ...(events && schema.event && { 'text/event-stream': { schema: schemas.reference(schema.event) } }),
  };
}

/** By name; a site's key is public and part of the request. */
function securitySchemes(credential: CredentialPlaces): readonly (readonly [string, Description])[] {
  if (credential.kind === 'site') return proofSchemes(credential.identity);
  if (credential.kind === 'admin-token') return [['operator', { type: 'http', scheme: 'bearer' }]];
  const { headers, socketQuery } = credential;
  return [
    ...headers.map(schemeOfHeader),
    ...(socketQuery === undefined ? [] : [[socketScheme, { type: 'apiKey', in: 'query', name: socketQuery }] as const]),
  ];
}

const proofSchemes = ({ userHeader, hashHeader }: IdentityPlaces): readonly (readonly [string, Description])[] => [
  ['visitorId', { type: 'apiKey', in: 'header', name: userHeader, description: 'The id of a user of the site' }],
  ['visitorHash', { type: 'apiKey', in: 'header', name: hashHeader, description: 'Its HMAC-SHA256 in hex' }],
  ['visitorToken', { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }],
];

/** A visitor proves who they are where their session is a user's: by id and hash, or by a token. */
const proofs: readonly Description[] = [{}, { visitorId: [], visitorHash: [] }, { visitorToken: [] }];

const schemeOfHeader = (name: string): readonly [string, Description] =>
  name === 'authorization'
    ? ['bearer', { type: 'http', scheme: 'bearer' }]
    : ['key', { type: 'apiKey', in: 'header', name: 'X-API-Key' }];

/** Where a key may stand on a socket only. */
const socketScheme = 'socketKey';

/** One of these is asked for. */
function securityOf(credential: CredentialPlaces, carrier: 'http' | 'socket'): readonly Description[] {
  if (credential.kind === 'site') return [];
  const names = securitySchemes(credential).map(([name]) => name);
  return names.filter((name) => carrier === 'socket' || name !== socketScheme).map((name) => ({ [name]: [] }));
}
