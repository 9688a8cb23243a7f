import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { GatewayError } from '../../src/errors/index.ts';
import { type Answer, send } from '../support/client.ts';
import type { TestGateway } from '../support/gateway.ts';
import { readMetric } from '../support/metrics.ts';
import { loseMigrations, type Moving, overseer, runMoving, speaker } from '../support/migrating.ts';
import { hasAll, hasProgram } from '../support/needs.ts';
import { startRedis } from '../support/redis-server.ts';

let gateway: TestGateway;
afterEach(() => gateway.close());

/** Says its name, unless it is told to fail. */
const moody: Backend = {
  name: 'fresh',
  async *answer(turn, context, call) {
    if (turn.text.startsWith('fail')) throw new GatewayError('upstream-failed', 'It fails');
    yield* speaker('new').answer(turn, context, call);
  },
};
const start = async (migration: object, more: Moving = {}): Promise<void> => {
  const moving = { migration: { stage: 'cutover', ...migration }, backends: { fresh: moody }, ...more };
  gateway = await runMoving(undefined, moving);
};
const ask = (text: string): Promise<Answer> =>
  send('POST', `${gateway.url}/v1/chat/completions`, {
    headers: { authorization: 'Bearer demo-key' },
    json: { model: 'support-agent', messages: [{ role: 'user', content: text }] },
  });
const { show, change, history } = overseer(() => gateway);

describe('turns of the new side that fail', () => {
  it('bring a migration back to shadow when they are too many of the last ones, and say why', async () => {
    await start({ rollback: { failed: '20%', of: 10 } });
    expect((await ask('fail')).status).toBeGreaterThan(500);
    for (let turn = 0; turn < 10; turn += 1) await ask('well'); // it is none of the last ones any more
    await ask('fail');
    expect(await show()).toMatchObject({ stage: 'cutover' });
    await ask('fail');
    await vi.waitFor(async () => expect(await show()).toMatchObject({ stage: 'shadow' }), { timeout: 10_000 });
    expect((await history())[0]).toMatchObject({
      by: 'rollback',
      from: 'cutover',
      to: 'shadow',
      why: '2 of the last 10 turns failed',
    });
    expect((await ask('well')).body.choices[0].message.content).toContain('kept');
    const labels = { migration: 'storefront', by: 'rollback' };
    expect(await readMetric(gateway.url, 'dragoman_migration_rollbacks_total', labels)).toBe(1);
    expect(gateway.logged).toContainEqual(
      expect.objectContaining({ msg: 'migration rolled back', why: '2 of the last 10 turns failed' }),
    );
    // At another stage one begins to count anew.
    await change({ stage: 'cutover', force: true });
    await ask('fail');
    expect(await show()).toMatchObject({ stage: 'cutover' });
  });

  it.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))(
    'bring it back though the store has lost where it stood',
    async () => {
      const redis = await startRedis();
      onTestFinished(() => redis.remove());
      const rollback = { failed: '20%', of: 10 };
      await start({ rollback }, { configure: (demo) => (demo.store = { engine: 'redis', url: redis.url }) });
      await change({ stage: 'shadow' });
      await change({ stage: 'cutover', force: true });
      await loseMigrations(redis);
      const isBack = async (): Promise<void> => {
        await ask('fail');
        expect(await show()).toMatchObject({ stage: 'shadow' });
      };
      await vi.waitFor(isBack, { timeout: 10_000 });
      expect((await history())[0]).toMatchObject({ by: 'rollback', from: 'cutover', to: 'shadow' });
    },
  );

  it('bring back nothing where that is not set, and neither does what clients do wrong', async () => {
    await start({});
    for (let turn = 0; turn < 20; turn += 1) await ask('fail');
    expect(await show()).toMatchObject({ stage: 'cutover', revision: 1 });
    await gateway.reload((demo) => {
      demo.migrations[0].rollback = { failed: '10%', of: 10 };
    });
    await send('POST', `${gateway.url}/v1/chat/completions`, {
      headers: { authorization: 'Bearer demo-key' },
      json: {},
    });
    await ask('well');
    expect(await show()).toMatchObject({ stage: 'cutover', revision: 1 });
  });
});
