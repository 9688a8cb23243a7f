import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminApi } from '../../src/admin/index.ts';
import { dialects as clients } from '../../src/dialects/registry.ts';
import { send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';

/** The recommended rules, and that examples are valid, less those that the vendors' own paths break. */
const rules = {
  extends: ['recommended'],
  rules: {
    // Paths that end in a slash, and paths that only the order of matching tells apart, are documented by the vendors.
    'no-path-trailing-slash': 'off',
    'no-ambiguous-paths': 'off',
    // A WebSocket is answered 101. A test below sees to the other operations.
    'operation-2xx-response': 'off',
    // The frames of a WebSocket are referred to from `x-inbound` and `x-outbound`, which the rule does not follow.
    'no-unused-components': 'off',
    // Unknown fields are let through, and examples show some.
    'no-invalid-schema-examples': { severity: 'error', allowAdditionalProperties: true },
    'no-invalid-media-type-examples': { severity: 'error', allowAdditionalProperties: true },
    'no-invalid-parameter-examples': { severity: 'error', allowAdditionalProperties: true },
  },
};

/** The operators' API is described as the clients' are. */
const dialects = [...clients, adminApi];
const pages = ['openapi', ...dialects.map(({ name }) => `openapi/${name}`)];

let gateway: TestGateway;
const documents = new Map<string, any>();

beforeAll(async () => {
  gateway = await runGateway();
  for (const page of pages) documents.set(page, (await send('GET', `${gateway.url}/${page}.json`)).body);
});
afterAll(() => gateway.close());

/** What the linter says about a document. */
async function lint(document: unknown): Promise<{ totals: unknown; problems: unknown[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'dragoman-openapi-'));
  try {
    const [config, file] = [join(folder, 'redocly.yaml'), join(folder, 'openapi.json')];
    await writeFile(config, JSON.stringify(rules)); // JSON is YAML
    await writeFile(file, JSON.stringify(document));
    const description = createRequire(import.meta.url).resolve('@redocly/cli/package.json');
    const { bin } = JSON.parse(await readFile(description, 'utf8')) as { bin: { redocly: string } };
    const program = join(dirname(description), bin.redocly);
    const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
    // It ends with 1 where it has found something, and says what on its output all the same.
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [program, 'lint', '--config', config, '--format', 'json', file],
      { env, maxBuffer: 10_000_000 },
    ).catch((failure: { stdout: string }) => failure);
    return JSON.parse(stdout.slice(stdout.indexOf('{')));
  } finally {
    await rm(folder, { recursive: true });
  }
}

const operationsOf = (document: any): [string, string, any][] =>
  Object.entries<object>(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]): [string, string, any] => [path, method, operation]),
  );

const template = (path: string): string => path.replace(/:(\w+)/g, '{$1}');

describe('the API description', () => {
  it.each(pages)('lints clean, its examples included: /%s.json', async (page) => {
    const { totals, problems } = await lint(documents.get(page));
    expect(problems).toEqual([]);
    expect(totals).toEqual({ errors: 0, warnings: 0, ignored: 0 });
  });

  it('would not lint clean with an example that is not valid, or a reference to nothing', async () => {
    const document = structuredClone(documents.get('openapi/agent-slug'));
    const [name] = Object.keys(document.components.schemas);
    document.components.schemas[name ?? ''].examples = [5];
    document.components.schemas['lost'] = { $ref: '#/components/schemas/nothing' };
    const { totals } = await lint(document);
    expect(totals).toMatchObject({ errors: 2 });
  });

  it('has every path of every dialect', () => {
    for (const dialect of dialects) {
      const expected = [
        ...dialect.endpoints.flatMap(({ method, paths }) => paths.map((path) => `${method} ${template(path)}`)),
        ...(dialect.sockets ?? []).flatMap(({ paths }) => paths.map((path) => `GET ${template(path)}`)),
      ];
      for (const page of ['openapi', `openapi/${dialect.name}`]) {
        const described = operationsOf(documents.get(page)).map(([path, method]) => `${method.toUpperCase()} ${path}`);
        expect(described).toEqual(expect.arrayContaining(expected));
        if (page !== 'openapi') expect(described).toHaveLength(expected.length);
      }
    }
  });

  it('tells what a success looks like, for every operation that is no socket', () => {
    for (const [path, , { responses }] of operationsOf(documents.get('openapi'))) {
      if ('101' in responses) continue;
      const [success] = Object.keys(responses).filter((status) => status.startsWith('2'));
      const kinds = Object.keys(responses[success ?? ''].content);
      expect([path, kinds.length]).not.toEqual([path, 0]);
    }
  });

  it('tells where the credential goes: in a header, or on a socket in the query too', () => {
    const { paths, components } = documents.get('openapi/tenant-chats');
    expect(paths['/api/v1/chats'].post.security).toEqual([{ key: [] }]);
    expect(paths['/ws/chat'].get.security).toEqual([{ key: [] }, { socketKey: [] }]);
    expect(components.securitySchemes).toEqual({
      key: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      socketKey: { type: 'apiKey', in: 'query', name: 'api_key' },
    });
    expect(documents.get('openapi/homie').paths['/v1/chats'].post.security).toEqual([{ key: [] }, { bearer: [] }]);
    expect(documents.get('openapi/admin').components.securitySchemes).toEqual({
      operator: { type: 'http', scheme: 'bearer' },
    });
    const widget = documents.get('openapi/widget');
    const proofs = [{}, { visitorId: [], visitorHash: [] }, { visitorToken: [] }];
    expect(widget.paths['/api/v1/chat/history'].get.security).toEqual(proofs);
    expect(widget.components.securitySchemes).toMatchObject({
      visitorId: { in: 'header', name: 'x-user-id' },
      visitorHash: { in: 'header', name: 'x-user-hash' },
      visitorToken: { scheme: 'bearer' },
    });
    const { security, requestBody } = widget.paths['/api/v1/chat/stream'].post;
    expect(security).toEqual([]);
    const names = ['user_id', 'userId', 'user_hash', 'userHash', 'user_token', 'userToken'];
    expect(Object.keys(requestBody.content['application/json'].schema.properties)).toEqual(
      expect.arrayContaining(names),
    );
  });

  it('describes an uploaded file as a file', () => {
    const { content } = documents.get('openapi/widget').paths['/api/v1/chat/upload-image'].post.requestBody;
    expect(content['multipart/form-data'].schema.properties.image).toMatchObject({
      type: 'string',
      contentMediaType: 'application/octet-stream',
    });
  });

  it('names no server but the one that serves it', () => {
    for (const { servers } of documents.values()) expect(servers).toEqual([{ url: '/' }]);
  });
});
