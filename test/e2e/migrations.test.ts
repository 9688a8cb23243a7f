import { hash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { type Answer, openStream, send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { readMetric } from '../support/metrics.ts';
import { loseMigrations, type Moving, overseer, runLegacy, runMoving, speaker } from '../support/migrating.ts';
import { hasAll, hasProgram } from '../support/needs.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';

const key = { 'x-api-key': 'demo-key' };
const bearer = { authorization: 'Bearer demo-key' };
const agentId = '5e9c1a2b-3d4e-4f60-b2f2-9f4b1c2d3e4f';
const deprecation = '2026-12-01T00:00:00Z';
const sunset = '2027-03-01T00:00:00Z';
const link = 'https://docs.example/migration';
const soon = { timeout: 10_000, interval: 50 };

let legacy: TestGateway;
let gateway: TestGateway;
beforeEach(async () => {
  legacy = await runLegacy();
});
afterEach(async () => {
  await gateway.close();
  await legacy.close();
});

const start = async (moving: Moving = {}): Promise<void> => {
  gateway = await runMoving(legacy, moving);
};
const startBetweenBackends = async (moving: Moving = {}): Promise<void> => {
  gateway = await runMoving(undefined, moving);
};
const { show, change, move, history } = overseer(() => gateway);

const complete = async (text: string, at = gateway.url): Promise<Answer> =>
  send('POST', `${at}/v1/chat/completions`, {
    headers: bearer,
    json: { model: 'support-agent', messages: [{ role: 'user', content: text }] },
  });
const completed = async (text: string): Promise<string> => (await complete(text)).body.choices[0].message.content;

/** A conversation in the homie dialect. */
const begin = async (at = gateway.url): Promise<string> =>
  (await send('POST', `${at}/v1/chats`, { headers: key, json: { chatbotId: agentId } })).body.id;
const say = async (id: string, message: string): Promise<Answer> =>
  send('POST', `${gateway.url}/v1/chats/${id}/messages`, { headers: key, json: { message, currentUrl: '' } });
const said = async (id: string, message: string): Promise<string> => (await say(id, message)).body.content;

const turns = (answered_by: string) =>
  readMetric(gateway.url, 'dragoman_migration_turns_total', { migration: 'storefront', answered_by });

describe('a stage', () => {
  it('says who answers: the old side, the new one, and nobody', async () => {
    await start();
    expect(await completed('one')).toBe('old after 0: one');
    await move('shadow');
    expect(await completed('two')).toBe('old after 0: two');
    await move('cutover');
    expect(await completed('three')).toBe('new after 0: three');
    await move('shadow');
    expect(await completed('four')).toBe('old after 0: four');
    await move('retired');
    expect((await complete('five')).status).toBe(410);
    expect([await turns('from'), await turns('to')]).toEqual([3, 1]);
    const stage = (name: string) =>
      readMetric(gateway.url, 'dragoman_migration_stage', { migration: 'storefront', stage: name });
    expect([await stage('observe'), await stage('shadow'), await stage('retired')]).toEqual([0, 0, 1]);
    const by = { migration: 'storefront', by: 'operator' };
    expect(await readMetric(gateway.url, 'dragoman_migration_rollbacks_total', by)).toBe(1);
  });

  it('says who answers of two backends, to callers and to agents', async () => {
    await startBetweenBackends({ migration: { keys: undefined, agents: ['support-agent'] } });
    expect(await completed('one')).toBe('kept after 0: one');
    await move('cutover');
    expect(await completed('two')).toBe('new after 0: two');
    await move('retired');
    expect((await complete('three')).status).toBe(410);
  });

  it('is told with every answer, errors and streams too, and once retired in the words of each dialect', async () => {
    await start({ migration: { deprecation, sunset, link } });
    const told = {
      deprecation: '@1796083200',
      sunset: 'Mon, 01 Mar 2027 00:00:00 GMT',
      link: `<${link}>; rel="deprecation"`,
    };
    const headersOf = ({ headers }: Pick<Answer, 'headers'>) =>
      Object.fromEntries(Object.keys(told).map((name) => [name, headers.get(name)]));
    expect(headersOf(await complete('one'))).toEqual(told);
    expect(headersOf(await send('GET', `${gateway.url}/v1/chats/nothing/messages`, { headers: key }))).toEqual(told);
    await move('cutover');
    expect(headersOf(await complete('two'))).toEqual(told);
    const wrong = await send('POST', `${gateway.url}/v1/chat/completions`, { headers: bearer, json: [] });
    expect([wrong.status, headersOf(wrong)]).toEqual([400, told]);
    const json = { model: 'support-agent', stream: true, messages: [{ role: 'user', content: 'three' }] };
    const stream = await openStream(`${gateway.url}/v1/chat/completions`, { headers: bearer, json });
    expect(headersOf(stream)).toEqual(told);
    await stream.rest();
    expect((await send('POST', `${gateway.url}/v1/chat/completions`, { raw: '{}' })).headers.has('sunset')).toBe(false);
    await move('retired');
    const site = { site_key: 'sk_demo', session_id: 'a-session-of-sixteen', message: 'Hi', message_id: 'm1' };
    const gone = [
      await complete('four'),
      await say(await begin(legacy.url), 'five'),
      await send('POST', `${gateway.url}/v1/chat`, { headers: key, json: { message: 'six' } }),
      await send('POST', `${gateway.url}/v1/api/chat/support-agent`, { headers: bearer, json: { message: 'seven' } }),
      await send('POST', `${gateway.url}/api/v1/chats/`, { headers: key, json: { user_id: 'ann' } }),
      await send('POST', `${gateway.url}/api/v1/chat/stream`, { json: site }),
    ];
    expect(gone.map(({ status }) => status)).toEqual([410, 410, 410, 410, 410, 410]);
    for (const answer of gone) expect(headersOf(answer)).toEqual(told);
    expect(gone.map(({ body }) => body)).toEqual([
      { error: { message: 'This API is gone', type: 'invalid_request_error', param: null, code: null } },
      { message: 'This API is gone', error: 'Gone', statusCode: 410 },
      expect.objectContaining({ code: 'gone' }),
      { data: null, error: { name: 'GoneError', message: 'This API is gone', details: {} } },
      { detail: 'This API is gone' },
      { success: false, error: 'This API is gone' },
    ]);
  });

  it('ends the passed streams of those who move', async () => {
    await start();
    const id = await begin();
    const stream = await openStream(`${gateway.url}/v1/chats/${id}/events`, { headers: key });
    expect(stream.status).toBe(200);
    await move('cutover');
    await Promise.allSettled([stream.rest()]); // it has an end
  });

  it('holds over a restart and a reload, whatever the configuration comes to say', async () => {
    await start();
    await move('shadow', { why: 'to see' });
    gateway = await gateway.restart();
    expect(await show()).toMatchObject({ stage: 'shadow', revision: 2 });
    await gateway.reload((demo) => {
      demo.migrations[0].stage = 'cutover';
    });
    expect(await completed('one')).toBe('old after 0: one');
    expect(await show()).toMatchObject({ stage: 'shadow', revision: 2 });
    expect(await history()).toEqual([
      { at: expect.any(String), by: 'operator', from: 'observe', to: 'shadow', why: 'to see' },
      { at: expect.any(String), by: 'configuration', to: 'observe', why: 'it begins here' },
    ]);
  });

  it('begins where the configuration says, also with a reload', async () => {
    gateway = await runGateway();
    expect(
      (await send('GET', `${gateway.url}/admin/v1/migrations`, { headers: { authorization: 'Bearer demo-admin' } }))
        .body,
    ).toEqual({ migrations: [] });
    const movers = { keys: ['storefront'], from: { passthrough: 'legacy' }, to: { backend: 'shop' } };
    await gateway.reload((demo) => {
      demo.origins = { legacy: { target: legacy.url } };
      demo.migrations = [{ name: 'storefront', stage: 'shadow', ...movers }];
    });
    expect(await completed('one')).toBe('old after 0: one');
    expect(await show()).toMatchObject({ stage: 'shadow', canary: '5%', ready: false, readiness: 'inconclusive' });
  });
});

/** A change of what stands at a stage, and what it is answered with. */
type Step = readonly [
  stage: string,
  wanted: { readonly stage?: string; readonly canary?: string; readonly force?: true },
  status: number,
  why?: string,
];

describe('a change', () => {
  const steps: readonly Step[] = [
    ['observe', { stage: 'shadow' }, 200],
    ['observe', { stage: 'canary' }, 409, 'shadow would be skipped'],
    ['shadow', { stage: 'canary' }, 409, 'the figures do not carry canary: 0 of 200 comparisons'],
    ['shadow', { stage: 'canary', force: true }, 200],
    ['canary', { canary: '10%' }, 409, 'the figures do not carry 10% in canary'],
    ['canary', { canary: '1%' }, 200],
    ['canary', { stage: 'cutover' }, 409, 'the figures do not carry cutover'],
    ['cutover', { stage: 'retired' }, 200],
    ['cutover', { stage: 'observe' }, 200],
    ['retired', { stage: 'cutover' }, 200],
  ];
  for (const [stage, wanted, status, why = ''] of steps) {
    it(`from ${stage}, ${JSON.stringify(wanted)} is ${status}`, async () => {
      await start({ migration: { stage } });
      const { status: got, body } = await change(wanted);
      expect([got, JSON.stringify(body)]).toEqual([status, expect.stringContaining(why)]);
      expect((await show()).stage).toBe(status === 200 ? (wanted.stage ?? stage) : stage);
    });
  }

  it('of what has changed since is refused, and of two at once one is told', async () => {
    await start();
    expect((await change({ stage: 'shadow', revision: 1 })).body).toMatchObject({ stage: 'shadow', revision: 2 });
    expect(await change({ stage: 'observe', revision: 1 })).toMatchObject({ status: 409 });
    const both = await Promise.all([
      change({ stage: 'observe', revision: 2 }),
      change({ stage: 'observe', revision: 2 }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(await show()).toMatchObject({ stage: 'observe', revision: 3 });
  });

  it('is for administrators of the tenant, is entered in the audit, and says what is wrong with it', async () => {
    const token = (name: string, more: object) => ({ name, sha256: hash('sha256', name), ...more });
    await start({
      configure(demo) {
        demo.admin.tokens.push(token('vera', { role: 'viewer' }), token('else', { tenants: ['other'] }));
        const [{ agents }] = demo.tenants;
        const agent = { ...agents[0], id: 'aaaaaaaa-0000-4000-8000-000000000001' };
        demo.tenants.push({ id: 'other', name: 'Other', agents: [agent] });
      },
    });
    const as = (name: string, method: string, json?: object) =>
      send(method, `${gateway.url}/admin/v1/migrations/storefront`, {
        headers: { authorization: `Bearer ${name}` },
        ...(json && { json }),
      });
    expect((await as('vera', 'GET')).status).toBe(200);
    expect((await as('vera', 'PATCH', { stage: 'shadow' })).status).toBe(403);
    expect((await as('else', 'GET')).status).toBe(404);
    expect((await as('else', 'PATCH', { stage: 'shadow' })).status).toBe(404);
    expect((await change({ stage: 'canari' })).status).toBe(422);
    expect((await change({ canary: '101%' })).status).toBe(422);
    await move('canary', { canary: '10%' });
    const audit = await send('GET', `${gateway.url}/admin/v1/audit`, {
      headers: { authorization: 'Bearer demo-admin' },
    });
    expect(audit.body.entries.map(({ act }: { act: string }) => act)).toEqual([
      'change-migration migration=storefront stage=canary canary=10% force=true',
    ]);
  });
});

describe('canary', () => {
  it('takes a share of the conversations that begin in it, and keeps them', async () => {
    await startBetweenBackends({ migration: { stage: 'canary', canary: '50%' } });
    const ids = await Promise.all(Array.from({ length: 40 }, () => begin()));
    const first = await Promise.all(ids.map((id) => said(id, 'one')));
    const isNew = first.map((text) => text.startsWith('new'));
    const count = isNew.filter(Boolean).length;
    expect(count).toBeGreaterThan(5); // with 40 draws at 50 %, one run in a million
    expect(count).toBeLessThan(35);
    await move('canary', { canary: '0%' });
    const second = await Promise.all(ids.map((id) => said(id, 'two')));
    expect(second.map((text) => text.startsWith('new'))).toEqual(isNew);
    expect(await said(await begin(), 'three')).toBe('kept after 0: three');
    await move('cutover');
    const third = await Promise.all(ids.map((id) => said(id, 'four')));
    expect(third).toEqual(third.map(() => 'new after 4: four'));
  });

  it('takes nobody who began before', async () => {
    await startBetweenBackends();
    const id = await begin();
    await said(id, 'one');
    await move('canary', { canary: '100%' });
    expect(await said(id, 'two')).toBe('kept after 2: two');
    expect(await said(await begin(), 'three')).toBe('new after 0: three');
  });

  it('is drawn before calls are passed on, and what is unknown belongs to the old side', async () => {
    await start({ migration: { stage: 'canary', canary: '100%' } });
    const known = await begin(legacy.url);
    expect(await said(known, 'one')).toBe('old after 0: one');
    const fresh = await begin();
    expect(await said(fresh, 'two')).toBe('new after 0: two');
    expect(await completed('three')).toBe('new after 0: three');
    await move('canary', { canary: '0%' });
    expect(await said(fresh, 'four')).toBe('new after 2: four');
    expect(await said(await begin(), 'five')).toBe('old after 0: five');
    expect(await completed('six')).toBe('old after 0: six');
    expect((await send('GET', `${gateway.url}/v1/chats/${fresh}/messages`, { headers: key })).body.data ?? []).not.toBe(
      [],
    );
  });

  it.each(['fresh', 'several'])('is no place for what one side cannot do: %s', async (backend) => {
    const unable: Backend = { ...speaker('new'), carries: new Set() };
    const schema = { type: 'object', properties: { a: { type: 'string' } } };
    const demands = {
      response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } },
      tool_choice: 'required',
    };
    const ask = (demand: keyof typeof demands): Promise<Answer> => {
      const tools = [{ type: 'function', function: { name: 'get_order' } }];
      const messages = [{ role: 'user', content: 'one' }];
      const json = { model: 'support-agent', messages, tools, [demand]: demands[demand] };
      return send('POST', `${gateway.url}/v1/chat/completions`, { headers: bearer, json });
    };
    await startBetweenBackends({
      migration: { stage: 'canary', canary: '100%', to: { backend } },
      backends: { fresh: unable },
      configure(demo) {
        demo.backends.several = { type: 'weighted', of: [{ backend: 'fresh', weight: 1 }] };
      },
    });
    for (const param of ['response_format', 'tool_choice'] as const) {
      const { status, body } = await ask(param);
      expect([status, body.error.param]).toEqual([400, param]);
    }
    expect(await completed('two')).toBe('new after 0: two');
    await move('shadow');
    expect((await ask('response_format')).status).toBe(200);
  });

  it('has the same side for the same session of a site', async () => {
    await start({ migration: { stage: 'canary', canary: '50%' } });
    const ask = async (session_id: string, text: string): Promise<string> => {
      const json = { site_key: 'sk_demo', session_id, message: text, message_id: `${session_id} ${text}` };
      const stream = await openStream(`${gateway.url}/api/v1/chat/stream`, { json });
      const all = (await stream.rest()).map(({ data }) => data).join('');
      return /new after/.test(all) ? 'new' : /old after/.test(all) ? 'old' : all;
    };
    const sessions = Array.from({ length: 24 }, (_, index) => `a-session-of-sixteen-${index}`);
    const first = await Promise.all(sessions.map((session) => ask(session, 'one')));
    expect(new Set(first)).toEqual(new Set(['new', 'old']));
    expect(await Promise.all(sessions.map((session) => ask(session, 'two')))).toEqual(first);
  });
});

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))('over several processes', () => {
  let redis: RedisServer;
  let other: TestGateway;
  const configure = (demo: any): void => {
    demo.store = { engine: 'redis', url: redis.url };
  };
  beforeEach(async () => {
    redis = await startRedis();
    await start({ configure });
    other = await runMoving(legacy, { configure });
  });
  afterEach(async () => {
    await other.close();
    await redis.remove();
  });

  it('a change holds within two seconds, and of two at once one is told', async () => {
    await move('cutover');
    await vi.waitFor(
      async () => expect((await complete('one', other.url)).body.choices[0].message.content).toContain('new'),
      { timeout: 10_000, interval: 50 },
    );
    const elsewhere = overseer(() => other);
    const { revision } = await show();
    const both = await Promise.all([
      change({ stage: 'shadow', revision }),
      elsewhere.change({ stage: 'observe', revision }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  it('a store that has lost where a migration stands is told so again, and operators are obeyed', async () => {
    const isAnsweredThere = (by: string) =>
      vi.waitFor(
        async () => expect((await complete('one', other.url)).body.choices[0].message.content).toContain(by),
        soon,
      );
    await move('shadow');
    await move('cutover');
    await isAnsweredThere('new');
    await loseMigrations(redis);
    await vi.waitFor(async () => expect(await history()).toMatchObject([{ to: 'cutover', by: 'configuration' }]), soon);
    await vi.waitFor(async () => expect(await show()).toMatchObject({ stage: 'cutover', revision: 1 }), soon);
    const third = await runMoving(legacy, { configure });
    expect((await complete('two', third.url)).body.choices[0].message.content).toContain('new');
    await third.close();
    await loseMigrations(redis);
    expect((await change({ stage: 'shadow' })).body).toMatchObject({ stage: 'shadow', revision: 2 });
    expect(await completed('three')).toContain('old');
    await isAnsweredThere('old');
  });

  it('each outage of the store is told once', async () => {
    const told = (msg: string): number => gateway.logged.filter((line) => line['msg'] === msg).length;
    for (const outages of [1, 2]) {
      await redis.kill();
      await expect.poll(() => told('migration stages unavailable: the store does not answer'), soon).toBe(outages);
      await redis.start();
      await expect.poll(() => told('migration stages available again'), soon).toBe(outages);
    }
    expect(told('migration stages unavailable: the store does not answer')).toBe(2);
  });
});
