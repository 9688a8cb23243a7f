import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { readMetric } from '../support/metrics.ts';
import { pictureOf } from '../support/pictures.ts';
import { createScriptedBackend } from '../support/scripted-backend.ts';

const png = pictureOf('image/png');
const quick = { bodyGraceMs: 150, bodyAheadMs: 300 };

let gateway: TestGateway;
const clients: Socket[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await gateway.close();
});

async function start(times: Record<string, number> = {}): Promise<void> {
  gateway = await runGateway({ backends: { shop: createScriptedBackend().backend }, times });
}

interface Talk {
  readonly client: Socket;
  /** All that was answered, once the connection has ended. */
  readonly answered: Promise<string>;
}

function say(bytes: string | Buffer): Talk {
  const client = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  clients.push(client);
  let text = '';
  client.on('data', (chunk) => {
    text += String(chunk);
  });
  client.on('error', () => undefined);
  client.write(bytes);
  return { client, answered: once(client, 'close').then(() => text) };
}

const head = (path: string, fields: Record<string, string>) =>
  `POST ${path} HTTP/1.1\r\nHost: gateway\r\n${Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;

const json = { 'Content-Type': 'application/json', 'Content-Length': '1000' };
const boundary = 'x-boundary-x';
const multipart = { 'Content-Type': `multipart/form-data; boundary=${boundary}`, 'Content-Length': '5000000' };
const field = (name: string, value: string) =>
  `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const fileHead = `--${boundary}\r\nContent-Disposition: form-data; name="image"; filename="x.png"\r\n\r\n\x89`;
const visitor = field('site_key', 'sk_demo') + field('session_id', 'sess_1');
const uploading = '/api/v1/chat/upload-image';

/** Begins an upload, up to the image's first byte; of nobody, unless it says whose. */
const beginUpload = (fields = '', query = '') => say(head(`${uploading}${query}`, multipart) + fields + fileHead);

function upload(fields: Record<string, string> = { site_key: 'sk_demo', session_id: 'sess_1' }, isFirst = false) {
  const form = new FormData();
  const image = new Blob([new Uint8Array(png)], { type: 'image/png' });
  if (isFirst) form.set('image', image, 'x.png');
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  if (!isFirst) form.set('image', image, 'x.png');
  return send('POST', `${gateway.url}${uploading}`, { raw: form });
}

const timedOut = () => readMetric(gateway.url, 'dragoman_requests_total', { code: 'request-timeout' });

describe('a body that comes too slowly is cut off, in its dialect, and counted', () => {
  it.each([
    [
      'agent-slug',
      '/v1/api/chat/support-agent',
      { ...json, Authorization: 'Bearer demo-key' },
      '"RequestTimeoutError"',
    ],
    ['homie', '/v1/chats', { ...json, 'x-api-key': 'demo-key' }, '"statusCode":408'],
    ['item-discovery', '/v1/chat', { ...json, Authorization: 'Bearer demo-key' }, '"request_timeout"'],
    ['tenant-chats', '/api/v1/chats/', { ...json, 'x-api-key': 'demo-key' }, '"detail"'],
    ['openai', '/v1/chat/completions', { ...json, Authorization: 'Bearer demo-key' }, '"invalid_request_error"'],
    ['widget', '/api/v1/chat/stream', json, '"success":false'],
    [
      'admin',
      '/admin/v1/sites/sk_demo/sessions/s/nudges',
      { ...json, Authorization: 'Bearer demo-admin' },
      '"request-timeout"',
    ],
  ])('as JSON: %s', async (_dialect, path, fields, words) => {
    await start(quick);
    const { answered } = say(`${head(path, fields)}{"mess`);
    const text = await answered;
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(text).toContain(words);
    expect(await timedOut()).toBe(1);
  });

  it.each(['', '?site_key=sk_demo&session_id=s'])('as a form: %j', async (query) => {
    await start(quick);
    const text = await beginUpload(query === '' ? visitor : '', query).answered;
    expect(text).toMatch(/^HTTP\/1\.1 408 [\s\S]*"success":false/);
    expect(await timedOut()).toBe(1);
  });

  it('also where it trickles, and where it paused after it came fast', async () => {
    await start(quick);
    const trickling = say(`${head('/v1/chats', { ...json, 'x-api-key': 'demo-key' })}{`);
    const timer = setInterval(() => trickling.client.write(' '), 20);
    const pausing = say(`${head('/v1/chats', { ...json, 'x-api-key': 'demo-key', 'Content-Length': '90000' })}{`);
    pausing.client.write(' '.repeat(80_000));
    expect(await trickling.answered).toMatch(/^HTTP\/1\.1 408 /);
    clearInterval(timer);
    expect(await pausing.answered).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('and one that keeps its pace is not, however long it takes', async () => {
    await start({ bodyGraceMs: 200, bodyAheadMs: 5_000 });
    const body = JSON.stringify({ chatbotId: '5e9c1a2b-3d4e-4f60-b2f2-9f4b1c2d3e4f', userId: 'u'.padEnd(36, '0') });
    const steady = say(
      head('/v1/chats', {
        ...json,
        'x-api-key': 'demo-key',
        Connection: 'close',
        'Content-Length': String(9_000 + body.length),
      }),
    );
    for (let part = 0; part < 9; part += 1) {
      steady.client.write(' '.repeat(1_000));
      await pause(100); // far longer in all than a body has to begin
    }
    steady.client.write(body);
    expect(await steady.answered).not.toMatch(/^HTTP\/1\.1 408 /);
  });
});

describe('a head that comes too slowly', () => {
  it('is answered with 408, and its connection ended', async () => {
    await start({ headMs: 100 });
    const { answered } = say('POST /v1/chats HTTP/1.1\r\nHost: gate');
    expect(await answered).toMatch(/^HTTP\/1\.1 408 /);
    expect(await timedOut()).toBe(1);
  });

  it('does not end a connection that waits for its next request', async () => {
    await start({ headMs: 100 });
    const { client } = say('GET /healthz HTTP/1.1\r\nHost: gateway\r\n\r\n');
    await once(client, 'data');
    await pause(400); // three times its time
    client.write('GET /healthz HTTP/1.1\r\nHost: gateway\r\n\r\n');
    expect(String((await once(client, 'data'))[0])).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('slow uploads', () => {
  it('of nobody keep nobody waiting: neither those who say who they are, nor where the image comes first', async () => {
    await start();
    for (let count = 0; count < 40; count += 1) beginUpload();
    await expect.poll(() => readMetric(gateway.url, 'dragoman_rate_limited_total', { limit: 'uploads' })).toBe(38);
    expect((await upload()).status).toBe(200);
    expect((await upload({ site_key: 'sk_demo', session_id: 'sess_1' }, true)).status).toBe(429);
    for (const client of clients.splice(0)) client.destroy();
    await expect.poll(async () => (await upload({ site_key: 'sk_demo', session_id: 'sess_1' }, true)).status).toBe(200);
  });

  it('of one address have eight places, which are free when they were cut off', async () => {
    await start({ bodyGraceMs: 1_500 });
    for (let count = 0; count < 12; count += 1) beginUpload(visitor);
    await expect.poll(() => readMetric(gateway.url, 'dragoman_rate_limited_total', { limit: 'uploads' })).toBe(4);
    expect((await upload()).status).toBe(429);
    await expect.poll(timedOut, { timeout: 10_000 }).toBe(8);
    expect((await upload()).status).toBe(200);
  });

  it.each([
    ['of a site that nobody knows', field('site_key', 'sk_unknown'), '404'],
    ['from a page that may not call', field('site_key', 'sk_demo'), '403'],
  ])('%s are refused before the image is read', async (_what, fields, status) => {
    await start();
    const { client } = say(head(uploading, { ...multipart, Origin: 'https://evil.example' }) + fields + fileHead);
    expect(String((await once(client, 'data'))[0])).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });
});
