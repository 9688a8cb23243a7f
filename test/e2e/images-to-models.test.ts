import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { send } from '../support/client.ts';
import { png } from '../support/fuzz-requests.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { readMetric } from '../support/metrics.ts';
import { vendorReplies } from '../support/vendor-replies.ts';
import { createRawServer, type RawServer } from '../support/vendor-server.ts';

const models = ['openai', 'anthropic', 'upstream'] as const;
const headers = { authorization: 'Bearer demo-key' };
const data = png.toString('base64');

let vendor: RawServer;
let gateway: TestGateway;
beforeEach(async () => {
  vendor = await createRawServer();
});
afterEach(async () => {
  await gateway.close();
  await vendor.close();
});

async function runOver(type: (typeof models)[number], images?: object, more: object = {}): Promise<void> {
  const baseUrl = type === 'openai' ? `${vendor.url}/v1` : vendor.url;
  const ofType = type === 'upstream' ? { dialect: 'openai', agent: 'model-1' } : { model: 'model-1' };
  gateway = await runGateway({
    configure(demo) {
      demo.backends = { llm: { type, baseUrl, ...ofType, ...(images && { images }), ...more, retry: { attempts: 1 } } };
      for (const agent of demo.tenants[0].agents) agent.route = { backend: 'llm' };
    },
  });
}

const wholeOf = (type: (typeof models)[number]) =>
  vendorReplies[type === 'anthropic' ? 'anthropic' : 'openai'].whole('Hi');

async function upload(): Promise<string> {
  const form = new FormData();
  form.set('site_key', 'sk_demo');
  form.set('session_id', 's1');
  form.set('image', new Blob([png], { type: 'image/png' }), 'a.png');
  const answer = await send('POST', `${gateway.url}/api/v1/chat/upload-image`, { raw: form });
  return answer.body.image_url ?? answer.body.url;
}

const say = (json: object) =>
  send('POST', `${gateway.url}/api/v1/chat/stream`, { json: { site_key: 'sk_demo', session_id: 's1', ...json } });

const ask = (...content: readonly object[]) =>
  send('POST', `${gateway.url}/v1/chat/completions`, {
    headers,
    json: { model: 'support-agent', messages: [{ role: 'user', content }] },
  });
const image = (url: string) => ({ type: 'image_url', image_url: { url } });

describe.each(models)('a visitor who shows an image, over %s', (type) => {
  it('has it told as bytes where it is our own upload, and again with the next message', async () => {
    await runOver(type);
    const url = await upload();
    const first = say({ message: 'What is this?', image_url: url });
    const asked = await vendor.next();
    expect(asked.body).toContain(data);
    expect(asked.body).not.toContain('/uploads/');
    asked.answer(200, wholeOf(type));
    expect((await first).status).toBe(200);
    const second = say({ message: 'And now?' });
    const again = await vendor.next();
    expect(again.body).toContain(data);
    again.answer(200, wholeOf(type));
    await second;
  });

  it('has one within the request told as it is, and kept by nobody', async () => {
    await runOver(type);
    const pasted = `data:image/png;base64,${data}`;
    const answering = ask(image(pasted));
    const asked = await vendor.next();
    expect(asked.body).toContain(data);
    asked.answer(200, wholeOf(type));
    expect((await answering).status).toBe(200);
    const admin = { authorization: 'Bearer demo-admin' };
    const tenant = '3210cba9-8fed-4c65-8b32-1a0f9e8d7c6b';
    const list = await send('GET', `${gateway.url}/admin/v1/tenants/${tenant}/conversations`, { headers: admin });
    const path = `/admin/v1/conversations/${list.body.entries[0].id}/messages`;
    const kept = await send('GET', gateway.url + path, { headers: admin });
    expect(JSON.stringify(kept.body)).toContain('(an image)');
    expect(JSON.stringify(kept.body)).not.toContain(data);
  });

  it.each([
    'http://kubernetes.default.svc/',
    'http://127.0.0.1.nip.io/',
    'http://db.corp/',
    'https://shop.example/a.png',
  ])('has %s told to nobody, counted or refused as its dialect has it', async (url) => {
    await runOver(type);
    const dropped = () => readMetric(gateway.url, 'dragoman_fields_dropped_total', { from: 'widget', to: 'llm' });
    const plain = say({ message: 'Hello' });
    (await vendor.next()).answer(200, wholeOf(type));
    await plain;
    const before = await dropped();
    const said = say({ message: 'What is this?', image_url: url });
    const asked = await vendor.next();
    expect(asked.body).not.toContain(new URL(url).host);
    asked.answer(200, wholeOf(type));
    expect((await said).status).toBe(200);
    expect(await dropped()).toBe(2 * before + 1);

    const refused = await ask({ type: 'text', text: 'Look' }, image(url));
    expect(refused.status).toBe(400);
    expect(refused.body.error).toMatchObject({
      type: 'invalid_request_error',
      param: 'messages[0].content[1].image_url.url',
      code: 'invalid_image_url',
    });
    expect(vendor.requests).toHaveLength(2);
  });

  it('has it told as it is where it is its own address, and one of the past ends no chat (OpenAI clients: inlined images are refused)', async () => {
    await runOver(type);
    const content = [{ type: 'text', text: 'Look' }, image(`data:image/png;base64,${data}`)];
    const history = [
      { role: 'user', content },
      { role: 'user', content: [image('blob:https://shop.example/1'), image('data:image/heic;base64,AAAA')] },
      { role: 'assistant', content: 'x' },
    ];
    const asking = (last: unknown) =>
      send('POST', `${gateway.url}/v1/chat/completions`, {
        headers: { authorization: 'Bearer demo-key' },
        json: { model: 'support-agent', messages: [...history, { role: 'user', content: last }] },
      });
    const answer = asking('Hi');
    const asked = await vendor.next();
    expect(asked.body).toContain(data);
    expect(asked.body).not.toMatch(/blob:|heic/);
    asked.answer(200, wholeOf(type));
    expect((await answer).status).toBe(200);
    const refused = await asking([image('data:image/heic;base64,AAAA')]);
    expect(refused.status).toBe(400);
    expect(refused.body.error).toMatchObject({
      param: 'messages[3].content[0].image_url.url',
      code: 'invalid_image_url',
    });
  });

  it('has it told by its address where its host is listed', async () => {
    await runOver(type, { hosts: ['*.shop.example'] });
    const answer = ask({ type: 'text', text: 'Look' }, image('https://cdn.shop.example/a.png'));
    const asked = await vendor.next();
    expect(asked.body).toContain('https://cdn.shop.example/a.png');
    asked.answer(200, wholeOf(type));
    expect((await answer).status).toBe(200);
  });
});

// Whether the models behind an upstream see is its own to say.
describe.each(['openai', 'anthropic'] as const)(
  'a visitor who shows an image to a model that sees none, over %s',
  (type) => {
    it('has none told to it, and is answered', async () => {
      await runOver(type, undefined, { vision: false });
      const answer = ask({ type: 'text', text: 'Look' }, image(`data:image/png;base64,${data}`));
      const asked = await vendor.next();
      expect(asked.body).toContain('Look');
      expect(asked.body).not.toContain(data);
      asked.answer(200, wholeOf(type));
      expect((await answer).status).toBe(200);
      const alone = ask(image(`data:image/png;base64,${data}`));
      (await vendor.next()).answer(200, wholeOf(type));
      expect((await alone).status).toBe(200);
    });
  },
);
