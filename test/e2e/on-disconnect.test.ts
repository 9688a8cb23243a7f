import { afterEach, describe, expect, it } from 'vitest';
import { openStream, send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { createScriptedBackend } from '../support/scripted-backend.ts';

const admin = { authorization: 'Bearer demo-admin' };
const visitor = { site_key: 'sk_demo', session_id: 'sess_1', message: 'Hello' };
const long = 60_000;

let gateway: TestGateway;
let script: ReturnType<typeof createScriptedBackend>;
afterEach(() => gateway.close());

async function start(options: { readonly drainMs?: number; readonly onSite?: boolean } = {}): Promise<void> {
  script = createScriptedBackend();
  gateway = await runGateway({
    ...options,
    backends: { shop: script.backend },
    configure: (demo) => {
      const [tenant] = demo.tenants;
      if (options.onSite) tenant.sites[0].route = { onDisconnect: 'finish' };
      else tenant.agents[0].route.onDisconnect = 'finish';
    },
  });
}

const ask = (fields: object = {}) =>
  openStream(`${gateway.url}/api/v1/chat/stream`, { json: { ...visitor, ...fields } });

/** The visitor's client reads the first words of a reply, and leaves. */
async function leaveMidway(fields: object = {}) {
  const opening = ask(fields);
  const reply = await script.next();
  reply.say({ type: 'text-delta', text: 'Half of ' });
  const stream = await opening;
  await stream.next();
  stream.leave();
  await expect.poll(() => gateway.logged.filter((line) => line['code'] === 'client-closed').length).toBe(1);
  return reply;
}

async function stored() {
  const found = await send('GET', `${gateway.url}/admin/v1/sites/sk_demo/sessions/sess_1`, { headers: admin });
  const list = await send('GET', `${gateway.url}/admin/v1/conversations/${found.body.id}/messages`, { headers: admin });
  return list.body.entries.slice(1).map(({ text, status }: Record<string, string>) => [text, status]);
}

describe('a route with onDisconnect: finish', () => {
  it.each([{ onSite: false }, { onSite: true }])(
    'keeps the whole of a reply whose client has left, %o',
    async (where) => {
      await start(where);
      const reply = await leaveMidway();
      expect(reply.call.signal.aborted).toBe(false);
      reply.say({ type: 'text-delta', text: 'an answer' });
      reply.end();
      await expect.poll(stored).toEqual([['Half of an answer', 'complete']]);
    },
  );

  it('gives the whole to the client that comes back with its message id (failure 39)', async () => {
    await start();
    const reply = await leaveMidway({ message_id: 'm_1' });
    const again = await ask({ message_id: 'm_1' });
    reply.say({ type: 'text-delta', text: 'an answer' });
    reply.end();
    const said = (await again.rest()).map(({ data }) => JSON.parse(data).content ?? '').join('');
    expect(said).toBe('Half of an answer');
    expect(script.asked).toHaveLength(1);
  });

  it('is waited for when the gateway closes', async () => {
    await start({ drainMs: long });
    const reply = await leaveMidway();
    const restarting = gateway.restart();
    reply.say({ type: 'text-delta', text: 'an answer' });
    reply.end();
    gateway = await restarting;
    expect(await stored()).toEqual([['Half of an answer', 'complete']]);
  });

  it('is cut off where the time for closing is over, and what was said is kept', async () => {
    await start({ drainMs: 20 });
    const reply = await leaveMidway();
    gateway = await gateway.restart();
    expect(reply.call.signal.aborted).toBe(true);
    expect(await stored()).toEqual([['Half of ', 'interrupted']]);
  });
});
