import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEmbeddedStore } from '../../src/stores/embedded/index.ts';
import type { Store } from '../../src/stores/store.ts';
import { dataOf, openStream, send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { createScriptedBackend } from '../support/scripted-backend.ts';

const headers = { 'x-api-key': 'demo-key' };

describe('a disk that fills up while a reply is given', () => {
  let folder: string;
  let store: Store;
  let gateway: TestGateway;
  const script = createScriptedBackend();

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dragoman-'));
    store = await openEmbeddedStore({ path: join(folder, 'data') });
    const full: Store = { ...store, appendReply: () => Promise.reject(new Error('no space left on device')) };
    gateway = await runGateway({ store: full, backends: { shop: script.backend } });
  });
  afterEach(async () => {
    await gateway.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('is told to who asked and to who follows, and nobody waits for ever', async () => {
    const chatbotId = '5e9c1a2b-3d4e-4f60-b2f2-9f4b1c2d3e4f';
    const { body } = await send('POST', `${gateway.url}/v1/chats`, { headers, json: { chatbotId } });
    const chat = `${gateway.url}/v1/chats/${body.id}`;
    const stream = await openStream(`${chat}/events`, { headers });
    const asked = send('POST', `${chat}/messages`, { headers, json: { message: 'Hello', currentUrl: '' } });
    const reply = await script.next();
    reply.say({ type: 'text-delta', text: 'Hi' });
    reply.end();
    const told = dataOf(await stream.until(({ data }) => data.includes('"failed"')));
    expect(told.at(-1)).toMatchObject({ status: 'failed' });
    expect((await asked).status).toBe(500);
    expect(JSON.stringify(told)).not.toContain('space');
    stream.leave();
  });
});
