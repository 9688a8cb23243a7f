import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { createMetricsSum } from '../../src/observability/metrics-sum.ts';

/** A process with a metric of each kind. */
function createCounted() {
  const registry = new Registry();
  const registers = [registry];
  const calls = new Counter({ name: 'calls_total', help: 'Calls', labelNames: ['code'], registers });
  const seconds = new Histogram({ name: 'seconds', help: 'Seconds', buckets: [1], registers });
  const open = new Gauge({ name: 'open', help: 'Open', registers });
  const products = new Gauge({ name: 'products', help: 'Products', aggregator: 'max', registers });
  products.set(80);
  const state = { hangs: false };
  return {
    state,
    call(): void {
      calls.labels('ok').inc();
      seconds.observe(0.5);
      open.inc();
    },
    readMetrics: () => (state.hangs ? Promise.reject(new Error('It hangs')) : registry.getMetricsAsJSON()),
  };
}

const own = new Registry();
new Gauge({ name: 'generation', help: 'Generation', registers: [own] }).set(3);

const linesOf = (page: string) => page.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

const told = (calls: number, open: number) => [
  `calls_total{code="ok"} ${calls}`,
  `seconds_bucket{le="1"} ${calls}`,
  `seconds_bucket{le="+Inf"} ${calls}`,
  `seconds_sum ${calls / 2}`,
  `seconds_count ${calls}`,
  `open ${open}`,
  'products 80',
  'generation 3',
];

describe('the metrics of several processes', () => {
  it('are one page: sums, but for what all of them have in common', async () => {
    const sum = createMetricsSum(own);
    const [one, other] = [createCounted(), createCounted()];
    for (const counted of [one, other]) sum.join(counted);
    for (const { call } of [one, other, other]) call();
    expect(linesOf(await sum.read())).toEqual(told(3, 3));
    expect(await sum.read()).toContain('# TYPE seconds histogram');
  });

  it('are read once for all who ask at a time', async () => {
    const sum = createMetricsSum(own);
    let reads = 0;
    sum.join({
      readMetrics() {
        reads += 1;
        return Promise.resolve([]);
      },
    });
    expect(new Set(await Promise.all([sum.read(), sum.read()]))).toHaveProperty('size', 1);
    await sum.read();
    expect(reads).toBe(2);
  });

  it('count one once that ends while they are read', async () => {
    const sum = createMetricsSum(own);
    const [one, slow] = [createCounted(), createCounted()];
    let answer = (): void => undefined;
    const leave = sum.join(one);
    sum.join({
      async readMetrics() {
        await new Promise<void>((resolve) => {
          answer = resolve;
        });
        return slow.readMetrics();
      },
    });
    for (const { call } of [one, slow]) call();
    const reading = sum.read();
    await new Promise(setImmediate); // the first one has answered
    leave();
    answer();
    expect(linesOf(await reading)).toEqual(expect.arrayContaining(told(2, 1)));
  });

  it.each(['is gone', 'hangs'])(
    'never fall by one that %s: what has grown stays, what is there now goes',
    async (what) => {
      const sum = createMetricsSum(own);
      const [one, other] = [createCounted(), createCounted()];
      const leave = sum.join(one);
      sum.join(other);
      for (const { call } of [one, other]) call();
      await sum.read();
      if (what === 'hangs') one.state.hangs = true;
      else leave();
      other.call();
      const missing = async () => linesOf(await sum.read());
      await expect.poll(missing).toEqual(expect.arrayContaining(told(3, 2)));
      expect(await missing()).toHaveLength(told(3, 2).length);
      if (what === 'hangs') one.state.hangs = false;
      const next = createCounted();
      sum.join(next);
      next.call();
      expect(linesOf(await sum.read())).toEqual(expect.arrayContaining(told(4, what === 'hangs' ? 4 : 3)));
    },
  );
});
