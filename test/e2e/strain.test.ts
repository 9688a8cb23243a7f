import { afterEach, describe, expect, it } from 'vitest';
import { type Answer, send } from '../support/client.ts';
import { type SmallGateway, startSmall } from '../support/flood.ts';
import { readMetric } from '../support/metrics.ts';

/** Works for so many milliseconds of CPU at a time, or fills a part of the heap, for some seconds. */
const straining = `
import { getHeapStatistics } from 'node:v8';
const work = (ms) => {
  const since = process.cpuUsage();
  for (;;) { const { user, system } = process.cpuUsage(since); if (user + system >= ms * 1_000) return; }
};
const strain = {
  delay(ms, left = 5_000) {
    if (left <= 0) return;
    work(ms);
    setImmediate(() => strain.delay(ms, left - ms));
  },
  memory(part) {
    const kept = [];
    const most = (getHeapStatistics().heap_size_limit - 48 * 2 ** 20) * part;
    const isFull = () => getHeapStatistics().used_heap_size >= most;
    do {
      while (!isFull()) kept.push(new Array(100_000).fill(0.5));
      gc();
    } while (!isFull());
    const again = setInterval(gc, 1_000);
    setTimeout(() => { clearInterval(again); kept.length = 0; gc(); }, 6_000);
  },
};
export default () => ({
  async *answer({ text }, { replyId }) {
    const [kind, size] = text.split(' ');
    if (kind in strain) setTimeout(() => strain[kind](Number(size)), 200);
    yield [{ type: 'reply-start', replyId }, { type: 'text-delta', text: 'Yes' }, { type: 'reply-end', finishReason: 'stop' }];
  },
});`;

let gateway: SmallGateway;
afterEach(() => gateway.close());

const start = () =>
  startSmall({
    files: { 'straining.mjs': straining },
    nodeArguments: ['--expose-gc'],
    configure(demo) {
      demo.backends.straining = { type: 'module', path: './straining.mjs' };
      for (const agent of demo.tenants[0].agents) agent.route = { backend: 'straining' };
    },
  });

const askAgent = (message: string): Promise<Answer> =>
  send('POST', `${gateway.url}/v1/api/chat/support-agent`, {
    headers: { authorization: 'Bearer demo-key' },
    json: { message },
  });
const askWidget = (message = 'Hello'): Promise<Answer> =>
  send('POST', `${gateway.url}/api/v1/chat/stream`, { json: { site_key: 'sk_demo', session_id: 'sess_1', message } });
const statusOf = async (asked: Promise<Answer>) => (await asked).status;
const askModels = (): Promise<Answer> =>
  send('GET', `${gateway.url}/v1/models`, { headers: { authorization: 'Bearer demo-key' } });
const program = () => gateway.program.output().split('\n');
const soon = { timeout: 40_000 };

describe('a process that is put to it', () => {
  it.each([
    ['works half a second at a time', 'delay', 'delay 700', askWidget],
    ['works a second at a time', 'delay', 'delay 1300', askModels],
    ['has a heap that is nearly full', 'memory', 'memory 0.84', askWidget],
  ])(
    'and %s refuses with 503, says how it is, and comes back by itself',
    { timeout: 90_000 },
    async (_how, reason, message, ask) => {
      gateway = await start();
      expect(await statusOf(askAgent(message))).toBe(200);
      let refused = await ask();
      await expect.poll(async () => (refused = await ask()).status, soon).toBe(503);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(refused.headers.get('content-type')).toContain('application/json');
      expect(await statusOf(send('GET', `${gateway.url}/healthz`))).toBe(200);
      await expect.poll(() => statusOf(ask()), soon).toBe(200);
      expect(await readMetric(gateway.metricsUrl, 'dragoman_shed_total', { reason })).toBeGreaterThan(0);
      expect(program().filter((line) => line.includes(`"reason":"${reason}"`))).not.toEqual([]);
    },
  );

  it('refuses nobody whom it knows while half of its marks are passed', { timeout: 90_000 }, async () => {
    gateway = await start();
    expect(await statusOf(askAgent('memory 0.84'))).toBe(200);
    await expect.poll(() => statusOf(askWidget()), soon).toBe(503);
    expect(await statusOf(askModels())).toBe(200);
  });
});
