import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { dialects } from '../../src/dialects/registry.ts';
import { errorCodes } from '../../src/errors/index.ts';
import { openStream, send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { readMetric, readMetrics } from '../support/metrics.ts';
import { hasAll, hasProgram } from '../support/needs.ts';
import { openSocket } from '../support/socket.ts';

const patience = { timeout: 10_000 };

const key = { 'x-api-key': 'demo-key', authorization: 'Bearer demo-key' };
const admin = { authorization: 'Bearer demo-admin' };
/** Said by clients in every place that a client can fill. */
const secret = 'canary-4111';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await runGateway({
    configure: (demo) => {
      demo.limits = { failedAuthentications: { points: 3, seconds: 60 } };
      demo.tenants[0].sites[0].limits = { session: { points: 2, seconds: 60 } };
    },
  });
  await workload(gateway);
});
afterAll(() => gateway.close());

/** A bit of everything, right and wrong, by clients of every dialect. */
async function workload({ url, webSocketUrl }: TestGateway): Promise<void> {
  const chatbotId = '5e9c1a2b-3d4e-4f60-b2f2-9f4b1c2d3e4f';
  const userId = '1bd2e7c4-8a90-4b17-9f36-6e2b5d8f7a3e';
  const { body: chat } = await send('POST', `${url}/v1/chats`, { headers: key, json: { chatbotId, userId } });
  const message = `A blue hoodie, ${secret}`;
  await send('POST', `${url}/v1/chats/${chat.id}/messages`, { headers: key, json: { message, currentUrl: secret } });
  await send('GET', `${url}/v1/chats/${secret}/messages?page=${secret}`, { headers: key });
  await send('POST', `${url}/v1/chat`, { headers: key, json: { message, conversation_id: secret, user_id: secret } });
  await send('POST', `${url}/v1/chat`, { headers: { ...key, 'content-type': 'application/json' }, raw: `{${secret}` });
  await send('POST', `${url}/v1/api/chat/${secret}`, { headers: key, json: { message } });
  await (
    await openStream(`${url}/v1/api/chat/support-agent`, { headers: key, json: { message, stream: true } })
  ).rest();
  for (const session_id of [secret, secret, secret]) {
    await send('POST', `${url}/api/v1/chat/stream`, { json: { site_key: 'sk_demo', session_id, message } });
  }
  const nudge = { site_key: 'sk_demo', session_id: `${secret}-2`, event: 'shown', rule_path: secret };
  await send('POST', `${url}/api/v1/proactive/event`, { json: nudge });
  await send('POST', `${url}/api/v1/chat/stream`, { json: { site_key: secret, session_id: secret, message } });
  const query = new URLSearchParams({ api_key: 'demo-key', user_id: userId, chat_id: chat.id }).toString();
  const socket = openSocket(`${webSocketUrl}/ws/chat?${query}`);
  await socket.until('connection_established');
  socket.send({ content: message, metadata: { secret } });
  await socket.until('message_stream_ended');
  await socket.close();
  await send('GET', `${url}/admin/v1/conversations/${secret}`, { headers: admin });
  for (let attempt = 0; attempt < 5; attempt += 1) {
    await send('GET', `${url}/v1/chats/${chat.id}/messages`, { headers: { 'x-api-key': secret } });
  }
  await send('BREW', `${url}/${secret}`).catch(() => undefined);
  for (const path of [`/${secret}`, `/v1/${secret}`, `/uploads/${secret}.png`]) await send('GET', `${url}${path}`);
  await vi.waitFor(async () => expect(await readMetric(url, 'dragoman_open_streams')).toBe(0), patience);
}

const operations = new Set([
  'none',
  ...dialects.flatMap(({ endpoints, sockets = [] }) => [...endpoints, ...sockets].map(({ operation }) => operation)),
  'inspect-conversation',
]);

/** Every value that a label of ours may ever have. */
const closed: Readonly<Record<string, ReadonlySet<string>>> = {
  dialect: new Set([...dialects.map(({ name }) => name), 'admin']),
  backend: new Set(['none', 'stored', 'shop']),
  code: new Set(['ok', ...Object.keys(errorCodes)]),
  carrier: new Set(['http', 'socket']),
  limit: new Set(['address', 'principal', 'session', 'streams', 'authentication']),
  event: new Set(['shown', 'clicked', 'dismissed']),
  catalog: new Set(['shop']),
  from: new Set([...dialects.map(({ name }) => name), 'shop']),
  to: new Set([...dialects.map(({ name }) => name), 'shop']),
  reason: new Set(['breaker', 'concurrent']),
  of: new Set(['calls', 'followers']),
  operation: new Set([...operations, 'commit']),
  model: new Set(['none']),
  direction: new Set(['input', 'output']),
  version: new Set([JSON.parse(readFileSync('package.json', 'utf8')).version as string]),
  node: new Set([process.version]),
};

describe('the metrics', () => {
  it('begin with dragoman_, but for what every program tells under names that all know', async () => {
    const samples = await readMetrics(gateway.url);
    expect(samples.length).toBeGreaterThan(50);
    const known = /^(dragoman_(?!process_|nodejs_)|process_|nodejs_)/;
    expect(samples.filter(({ name }) => !known.test(name))).toEqual([]);
    const names = new Set(samples.map(({ name }) => name));
    for (const name of [
      'process_resident_memory_bytes',
      'process_cpu_seconds_total',
      'nodejs_eventloop_lag_p99_seconds',
    ])
      expect([...names]).toContain(name);
  });

  it('tell which program it is, what there is room for, and what the store took', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    const build = { name: 'dragoman_build_info', labels: { version, node: process.version }, value: 1 };
    expect(await readMetrics(gateway.url)).toContainEqual(build);
    expect(await readMetric(gateway.url, 'dragoman_places_bound', { of: 'calls' })).toBeGreaterThan(100);
    expect(await readMetric(gateway.url, 'dragoman_places_taken', { of: 'calls' })).toBe(1); // who reads this
    expect(await readMetric(gateway.url, 'dragoman_store_seconds_count', { operation: 'commit' })).toBeGreaterThan(5);
    expect(await readMetric(gateway.url, 'dragoman_turns_waiting')).toBe(0);
  });

  it('are served as Prometheus reads them', async () => {
    const { headers } = await fetch(`${gateway.url}/metrics`);
    expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  });

  it('have closed sets of labels: nothing that a client said, nor anybody’s id or key', async () => {
    const samples = await readMetrics(gateway.url);
    const ours = samples.filter(({ name }) => !/^(process|nodejs)_/.test(name));
    expect(ours.length).toBeGreaterThan(30);
    for (const { name, labels } of ours) {
      for (const [label, value] of Object.entries(labels)) {
        if (label === 'le') continue;
        expect([name, label, value, closed[label]?.has(value)]).toEqual([name, label, value, true]);
      }
    }
    const page = await (await fetch(`${gateway.url}/metrics`)).text();
    for (const word of [secret, 'canary', 'demo-key', 'sk_demo', 'support-agent', '3210cba9', 'storefront']) {
      expect(page).not.toContain(word);
    }
  });

  it('have a value for an alert before the first failure', async () => {
    const samples = await readMetrics(gateway.url);
    for (const name of ['dragoman_breaker_open', 'dragoman_backend_retries_total', 'dragoman_backend_open']) {
      expect(samples).toContainEqual({ name, labels: { backend: 'shop' }, value: 0 });
    }
  });

  it('count each call once, by how it ended', async () => {
    const count = (labels: Record<string, string>) => readMetric(gateway.url, 'dragoman_requests_total', labels);
    expect(await count({ dialect: 'homie', operation: 'create-conversation', code: 'ok' })).toBe(1);
    expect(await count({ dialect: 'homie', operation: 'send-message', backend: 'shop', code: 'ok' })).toBe(1);
    // An unknown site is a failed authentication too.
    expect(await count({ dialect: 'homie', operation: 'list-messages', code: 'unauthenticated' })).toBe(2);
    expect(await count({ dialect: 'homie', operation: 'list-messages', code: 'rate-limited' })).toBe(3);
    expect(await count({ dialect: 'item-discovery', code: 'malformed-request' })).toBe(1);
    expect(await count({ dialect: 'agent-slug', operation: 'send-message', code: 'not-found' })).toBe(1);
    expect(await count({ dialect: 'widget', operation: 'send-message', code: 'ok' })).toBe(2);
    expect(await count({ dialect: 'widget', operation: 'send-message', code: 'rate-limited' })).toBe(1);
    expect(await count({ dialect: 'tenant-chats', operation: 'send-message', backend: 'shop', code: 'ok' })).toBe(1);
    expect(await count({ dialect: 'tenant-chats', operation: 'follow-conversation', code: 'ok' })).toBe(1);
    expect(await count({ code: 'internal' })).toBe(0);
    const timed = await readMetric(gateway.url, 'dragoman_request_seconds_count');
    expect(timed).toBe(await count({}));
    const limited = (limit: string) => readMetric(gateway.url, 'dragoman_rate_limited_total', { limit });
    expect([await limited('session'), await limited('authentication')]).toEqual([1, 3]);
  });

  it('count the first event of every reply that was streamed', async () => {
    const count = (dialect: string) =>
      readMetric(gateway.url, 'dragoman_first_event_seconds_count', { dialect, backend: 'shop' });
    expect([await count('agent-slug'), await count('widget')]).toEqual([1, 2]);
  });

  it('tell how big the catalogue is and how long it took to load', async () => {
    expect(await readMetric(gateway.url, 'dragoman_catalog_products', { catalog: 'shop' })).toBeGreaterThan(5);
    expect(await readMetric(gateway.url, 'dragoman_catalog_load_seconds', { catalog: 'shop' })).toBeGreaterThan(0);
  });
});

describe.runIf(hasAll({ promtool: hasProgram('promtool') }))('the metrics, to promtool', () => {
  it('are as Prometheus wants them', async () => {
    expect(await checkMetrics(await (await fetch(`${gateway.url}/metrics`)).text())).toEqual({ code: 0, said: '' });
  });

  it('would not be with a name that is wrong', async () => {
    expect(await checkMetrics('# TYPE open_total gauge\nopen_total 1\n')).not.toMatchObject({ code: 0 });
  });
});

/** What `promtool check metrics` says about a page; fails where it is not there. */
async function checkMetrics(page: string): Promise<{ code: number | null; said: string }> {
  const tool = spawn('promtool', ['check', 'metrics']);
  const ended = new Promise<number | null>((resolve, reject) => {
    tool.once('error', reject);
    tool.once('close', resolve);
  });
  tool.stdin.end(page);
  const [said, errors] = await Promise.all([text(tool.stdout), text(tool.stderr)]);
  return { code: await ended, said: said + errors };
}
