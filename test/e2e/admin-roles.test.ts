import { hash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { adminApi } from '../../src/admin/index.ts';
import { send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';

const tenant = '3210cba9-8fed-4c65-8b32-1a0f9e8d7c6b';
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+/, '');

let gateway: TestGateway;
let conversation: string;
beforeEach(async () => {
  gateway = await runGateway({
    configure(demo) {
      const token = (name: string, more: object) => ({
        name: `${name} token`.replace(' ', '-'),
        sha256: hash('sha256', name),
        ...more,
      });
      demo.admin.tokens.push(
        ...['viewer', 'operator', 'admin'].map((role) => token(role, { role })),
        token('unnamed', {}),
        token('past', { expires: '2020-01-01' }),
        token('coming', { expires: inAnHour() }),
      );
    },
  });
  const headers = { 'x-api-key': 'demo-key' };
  conversation = (await send('POST', `${gateway.url}/api/v1/chats/`, { headers, json: { user_id: 'anna' } })).body.id;
});
afterEach(() => gateway.close());

const bodies: Readonly<Record<string, unknown>> = {
  'write-operator-message': { text: 'Hello' },
  'offer-nudge': { text: 'Hello' },
  'change-conversation': { mode: 'operator' },
};
const reads = new Set([
  'survey-conversations',
  'inspect-conversation',
  'find-session',
  'read-transcript',
  'report-loss',
  'list-backends',
  'list-migrations',
  'show-migration',
  'read-migration-history',
  'list-comparisons',
]);

/** Asks an endpoint of the operators' API. */
function ask(endpoint: (typeof adminApi.endpoints)[number], token: string) {
  const path = (endpoint.paths[0] ?? '')
    .replace(':tenant_id', tenant)
    .replace(':conversation_id', conversation)
    .replace(':site', 'sk_demo')
    .replace(':session_id', 'sess_1');
  const json = bodies[endpoint.operation];
  const headers = { authorization: `Bearer ${token}` };
  return send(endpoint.method, gateway.url + path, { headers, ...(json !== undefined && { json }) });
}

describe('the role of an operator’s token', () => {
  it('says what it may do: a viewer reads, an operator talks and changes too, and whoever has none may do all', async () => {
    for (const endpoint of adminApi.endpoints) {
      const { operation } = endpoint;
      const isRead = reads.has(operation);
      const isTalk = Object.hasOwn(bodies, operation);
      for (const [token, may] of [
        ['viewer', isRead],
        ['operator', isRead || isTalk],
        ['admin', true],
        ['unnamed', true],
        ['demo-admin', true],
      ] as const) {
        const { status, body } = await ask(endpoint, token);
        expect([operation, token, status === 403]).toEqual([operation, token, !may]);
        if (!may) expect(body).toMatchObject({ error: { code: 'forbidden' } });
      }
    }
  });

  it('is good until the token expires', async () => {
    const [first] = adminApi.endpoints;
    if (first === undefined) return;
    expect((await ask(first, 'coming')).status).toBe(200);
    expect((await ask(first, 'past')).status).toBe(401);
  });
});
