import { expect } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { type Answer, send } from './client.ts';
import { runGateway, type TestGateway, type TestGatewayOptions } from './gateway.ts';
import type { RedisServer } from './redis-server.ts';

/** A backend that says its name, and how many messages it was told of before. */
export function speaker(name: string): Backend {
  return {
    name,
    async *answer(turn, context) {
      const past = turn.history?.length ?? (await context.history()).length;
      yield [{ type: 'reply-start', replyId: context.replyId }];
      yield [
        { type: 'text-delta', text: `${name} after ${past}: ${turn.text}` },
        { type: 'reply-end', finishReason: 'stop' },
      ];
    },
  };
}

/** What callers of the demo's key and site move from: a gateway that answers as `old`. */
export const runLegacy = (options: TestGatewayOptions = {}): Promise<TestGateway> =>
  runGateway({ ...options, backends: { shop: speaker('old') } });

export interface Moving extends Omit<TestGatewayOptions, 'configure'> {
  readonly migration?: object;
  readonly configure?: (demo: any) => void;
}

/** A gateway whose demo key and site move to `fresh`: from an origin, or from the backend `shop`, which says `kept`. */
export function runMoving(legacy: { readonly url: string } | undefined, moving: Moving = {}): Promise<TestGateway> {
  const { migration, configure, ...options } = moving;
  return runGateway({
    ...options,
    backends: { shop: speaker('kept'), fresh: speaker('new'), ...options.backends },
    configure(demo) {
      demo.backends.fresh = { type: 'catalog', catalog: 'shop' };
      if (legacy !== undefined) demo.origins = { legacy: { target: legacy.url } };
      const from = legacy === undefined ? { backend: 'shop' } : { passthrough: 'legacy' };
      const movers = { keys: ['storefront'], sites: ['sk_demo'] };
      demo.migrations = [{ name: 'storefront', ...movers, from, to: { backend: 'fresh' }, ...migration }];
      configure?.(demo);
    },
  });
}

/** Has a Redis forget where migrations stand, as one does that comes back without its newest writes. */
export async function loseMigrations(redis: RedisServer): Promise<void> {
  const client = redis.client();
  await client.del(...(await client.keys('*:migration:*')));
}

const path = '/admin/v1/migrations';
const headers = { authorization: 'Bearer demo-admin' };

/** What the demo's operator asks of migrations. */
export function overseer(gateway: () => { readonly url: string }) {
  const change = (json: object): Promise<Answer> =>
    send('PATCH', `${gateway().url}${path}/storefront`, { headers, json });
  return {
    change,
    /** Has it stand at a stage, whatever the figures say. */
    async move(stage: string, more: object = {}): Promise<void> {
      expect((await change({ stage, force: true, ...more })).body).toMatchObject({ stage });
    },
    show: async (): Promise<any> => (await send('GET', `${gateway().url}${path}/storefront`, { headers })).body,
    history: async (): Promise<any> =>
      (await send('GET', `${gateway().url}${path}/storefront/history`, { headers })).body.entries,
  };
}
