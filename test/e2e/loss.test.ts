import { afterEach, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import type { ChatEvent } from '../../src/canonical/index.ts';
import { openStream, send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { readMetric } from '../support/metrics.ts';

const admin = { authorization: 'Bearer demo-admin' };
const bearer = { authorization: 'Bearer demo-key' };

const item = { id: '1', title: 'A mug', description: 'Blue', brand: 'Kiln' };
const said: readonly ChatEvent[] = [
  { type: 'text-delta', text: 'Here' },
  { type: 'items-found', items: [item] },
  { type: 'suggestions', suggestions: ['More?'] },
];

/** It can use a text and nothing else, and says more than most clients can be told. */
const talker: Backend = {
  name: 'shop',
  carries: new Set(['text', 'output.text', 'output.items', 'output.suggestions', 'item.title', 'item.brand']),
  async *answer(_turn, { replyId }) {
    yield [{ type: 'reply-start', replyId }, ...said, { type: 'reply-end', finishReason: 'stop' }];
  },
};

let gateway: TestGateway;
afterEach(() => gateway.close());
const start = async () => {
  gateway = await runGateway({ backends: { shop: talker } });
};

const dropped = (from: string, to: string) => readMetric(gateway.url, 'dragoman_fields_dropped_total', { from, to });

describe('what a pair cannot carry', () => {
  it('is told for every dialect over every backend, both ways', async () => {
    await start();
    const { status, body } = await send('GET', `${gateway.url}/admin/v1/loss`, { headers: admin });
    expect(status).toBe(200);
    const of = (dialect: string) => body.pairs.find((pair: { dialect: string }) => pair.dialect === dialect);
    expect(body.pairs).toHaveLength(6);
    expect(of('item-discovery')).toEqual({
      dialect: 'item-discovery',
      backend: 'shop',
      turn: ['participant', 'activity', 'itemLimit'],
      reply: ['output.suggestions', 'item.brand'],
    });
    expect(of('agent-slug')).toMatchObject({ turn: ['participant'], reply: ['output.items', 'output.suggestions'] });
    expect(of('homie').reply).toEqual([]);
  });

  it('is for operators to know', async () => {
    await start();
    expect((await send('GET', `${gateway.url}/admin/v1/loss`, { headers: bearer })).status).toBe(401);
    gateway = await gateway.restart((demo) => {
      demo.admin.tokens[0].tenants = [demo.tenants[0].id];
    });
    expect((await send('GET', `${gateway.url}/admin/v1/loss`, { headers: admin })).status).toBe(403);
  });

  it('is counted where it was said, and only there', async () => {
    await start();
    const ask = (json: object) => send('POST', `${gateway.url}/v1/chat`, { headers: bearer, json });
    await ask({ message: 'A mug?', limit: 3, user_id: 'ann' });
    expect(await dropped('item-discovery', 'shop')).toBe(2);
    expect(await dropped('shop', 'item-discovery')).toBe(2);
    await (
      await openStream(`${gateway.url}/v1/api/chat/support-agent`, {
        headers: bearer,
        json: { message: 'A mug?', stream: true },
      })
    ).rest();
    expect(await dropped('agent-slug', 'shop')).toBe(0);
    expect(await dropped('shop', 'agent-slug')).toBe(2);
  });
});
