import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dialect } from '../../src/dialects/dialect.ts';
import { dialects } from '../../src/dialects/registry.ts';
import { schemaGuard } from '../../src/dialects/schema.ts';
import { makeKnown, runHardened } from '../support/fuzz-gateway.ts';
import { edit, edited, editedWire, fuzzRuns, fuzzSettings } from '../support/fuzz-mutations.ts';
import { knownUser, secrets } from '../support/fuzz-requests.ts';
import { ask, openConnection } from '../support/fuzz-wire.ts';
import type { TestGateway } from '../support/gateway.ts';
import { readGoldenStreams } from '../support/golden.ts';
import { type ChatSocket, openSocket } from '../support/socket.ts';

const timeout = 120_000 + fuzzRuns * 100;
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await runHardened();
});
afterAll(() => gateway.close());

async function goodQuery(): Promise<Record<string, string>> {
  const { conversationId } = await makeKnown(gateway);
  return { api_key: secrets.key, user_id: knownUser, chat_id: conversationId };
}

async function expectAlive(): Promise<void> {
  expect((await ask(gateway.url, { method: 'GET', target: '/healthz', headers: {} })).status).toBe(200);
  expect(await (await fetch(`${gateway.url}/metrics`)).text()).not.toContain('code="internal"');
}

const sockets = dialects.flatMap((dialect) =>
  (dialect.sockets ?? []).map((endpoint) => ({
    dialect,
    endpoint,
    name: `${dialect.name} ${endpoint.paths[0] ?? ''}`,
  })),
);

describe.each(sockets)('$name', ({ dialect, endpoint }) => {
  const address = (query: Readonly<Record<string, unknown>>) => {
    const text = new URLSearchParams(
      Object.entries(query).map(([name, value]): [string, string] => [name, toText(value)]),
    );
    return `${gateway.webSocketUrl}${endpoint.paths[0] ?? ''}?${text.toString()}`;
  };
  const guard = schemaGuard(endpoint.schema.event);
  const wellFormed = (frame: unknown) => expect(guard.violations(frame), JSON.stringify(frame)).toEqual([]);

  it(
    'answers any frame, or passes it over, and goes on',
    async () => {
      const frames = framesOf(dialect);
      const open = async () => openSocket(address(await goodQuery()));
      let socket: ChatSocket = await open();
      let count = 0;
      const cases = fc.record({
        which: fc.nat(),
        edits: fc.array(edit, { maxLength: 4 }),
        form: fc.constantFrom('text', 'text', 'text', 'binary', 'cut', 'twice'),
        odd: fc.oneof(
          { weight: 9, arbitrary: fc.constant(undefined) },
          { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
        ),
      });
      const property = fc.asyncProperty(cases, async ({ which, edits, form, odd }) => {
        count += 1;
        if (count % 50 === 0) {
          await socket.close();
          socket = await open();
        }
        const frame = edits.reduce<unknown>(edited, frames[which % frames.length]);
        const text = odd ?? written(frame);
        if (socket.client.readyState !== socket.client.OPEN) await once(socket.client, 'open');
        socket.client.send(form === 'cut' ? text.slice(0, text.length / 2) : text, { binary: form === 'binary' });
        if (form === 'twice') socket.send(text);
        const question = `Are you there, ${count}?`;
        socket.send(endpoint.inbound.encode({ ...turn, text: question }, exchange));
        for (;;) {
          const told = await socket.next();
          if (told === undefined) throw new Error(`The socket was closed after ${text}`);
          wellFormed(told);
          expect(JSON.stringify(told)).not.toContain('INTERNAL');
          if (JSON.stringify(told).includes(`You said: ${question}`)) break;
        }
      });
      await fc.assert(property, fuzzSettings(0.3));
      await socket.close();
      await expectAlive();
    },
    timeout,
  );

  it(
    'refuses any handshake that is not good in words, or in HTTP',
    async () => {
      const good = { params: {}, query: await goodQuery(), headers: {}, body: undefined };
      const property = fc.asyncProperty(fc.array(edit, { maxLength: 3 }), async (edits) => {
        const { query, headers } = editedWire(good, edits);
        const socket = openSocket(address(query), { headers: safe(headers) });
        const refused = once(socket.client, 'unexpected-response').then(([, response]) => response as IncomingMessage);
        const told: unknown = await Promise.race([socket.next(), refused.catch(() => undefined)]);
        if (isResponse(told)) expect(told.statusCode).toBeLessThan(500);
        else {
          wellFormed(told);
          expect(JSON.stringify(told)).not.toContain('INTERNAL');
        }
        socket.client.terminate();
      });
      await fc.assert(property, fuzzSettings(0.2));
      await expectAlive();
    },
    timeout,
  );

  it(
    'bears any bytes after the handshake',
    async () => {
      const head = fc.constantFrom('', '\x81', '\x82', '\x88', '\x89', '\x01', '\x81\xfe', '\x81\xff', '\x00', '\xc1');
      const target = address(await goodQuery()).replace(gateway.webSocketUrl, '');
      const property = fc.asyncProperty(
        head,
        fc.uint8Array({ maxLength: 300 }),
        fc.boolean(),
        async (start, rest, isRude) => {
          const connection = await openConnection(gateway.url);
          connection.send(`GET ${target} HTTP/1.1\r\n${upgrade}\r\n`, Buffer.from(start, 'latin1'), rest);
          await once(connection.socket, 'data');
          if (isRude) connection.socket.resetAndDestroy();
          else connection.close();
        },
      );
      await fc.assert(property, fuzzSettings(0.2));
      await expectAlive();
      const open = async () =>
        /dragoman_open_streams\{[^}]*\} ([1-9]\d*)/.exec(await (await fetch(`${gateway.url}/metrics`)).text());
      await expect.poll(open, { timeout: 10_000 }).toBeNull();
    },
    timeout,
  );
});

const exchange = { replyId: 'f1e2d3c4-b5a6-4890-b1c2-d3e4f5a6b7c8', receivedAt: '2025-07-08T16:32:15Z' };
const turn = { attachments: [], delivery: 'stream', participant: {}, activity: [] } as const;
const upgrade = [
  'Host: gateway',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '',
].join('\r\n');

function framesOf(dialect: Dialect): readonly unknown[] {
  const lines = readGoldenStreams(dialect)
    .filter(({ kind }) => kind === 'inbound')
    .flatMap(({ bytes }) => Buffer.from(bytes).toString('utf8').split('\n'));
  return lines.filter((line) => line.trim() !== '').map((line): unknown => JSON.parse(line));
}

const isResponse = (value: unknown): value is IncomingMessage =>
  typeof value === 'object' && value !== null && 'statusCode' in value;

const written = (value: unknown): string => (value === undefined ? '' : JSON.stringify(value));

/** Short enough for an address. */
const toText = (value: unknown): string => (typeof value === 'string' ? value : written(value)).slice(0, 2_000);

/** What a client library lets through. */
function safe(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [`x-${name}`, toText(value).replace(/[^\x20-\x7e]/g, '')]),
  );
}
