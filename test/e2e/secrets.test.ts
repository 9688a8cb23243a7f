import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { openSocket } from '../support/socket.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

let gateway: TestGateway;
afterEach(() => gateway.close());

describe('secrets side by side', () => {
  const accept =
    (...secrets: string[]) =>
    (demo: any): void => {
      demo.tenants[0].keys[0].sha256 = secrets.map(sha256);
      demo.admin.tokens[0].sha256 = secrets.map(sha256);
    };
  const chats = (key: string) => `${gateway.url}/api/v1/chats/${key}`;

  it('are one key: the same conversations, until one of them is withdrawn, also over an open socket', async () => {
    gateway = await runGateway();
    const [old, anew] = [{ 'x-api-key': 'demo-key' }, { 'x-api-key': 'new-key' }];
    const { body: chat } = await send('POST', chats(''), { headers: old, json: { user_id: 'ann' } });
    expect(await gateway.reload(accept('demo-key', 'new-key'))).toEqual({ outcome: 'applied' });
    for (const headers of [old, anew]) expect((await send('GET', chats(chat.id), { headers })).status).toBe(200);
    const place = `${gateway.webSocketUrl}/ws/chat?user_id=ann&chat_id=${chat.id}&api_key=`;
    const [first, second] = [openSocket(`${place}demo-key`), openSocket(`${place}new-key`)];
    for (const socket of [first, second]) await socket.until('connection_established');
    expect(await gateway.reload(accept('new-key'))).toEqual({ outcome: 'applied' });
    first.send({ content: 'Am I still known?' });
    expect((await first.until('error')).at(-1)).toMatchObject({ error_code: 'AUTHENTICATION_FAILED' });
    second.send({ content: 'And I?' });
    expect((await second.until('message_received')).at(-1)).toMatchObject({ content: 'And I?' });
    expect((await first.closed).code).toBe(4001); // it hears nothing more
    expect((await send('GET', chats(chat.id), { headers: old })).status).toBe(401);
    expect((await send('GET', chats(chat.id), { headers: anew })).status).toBe(200);
    const loss = (token: string) =>
      send('GET', `${gateway.url}/admin/v1/loss`, { headers: { authorization: `Bearer ${token}` } });
    expect([(await loss('demo-key')).status, (await loss('new-key')).status]).toEqual([401, 200]);
  });
});
