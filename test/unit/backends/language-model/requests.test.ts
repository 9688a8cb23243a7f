import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Turn } from '../../../../src/canonical/index.ts';
import { vendorReplies } from '../../../support/vendor-replies.ts';
import { createRawServer, type RawServer } from '../../../support/vendor-server.ts';
import { replyTo, type Vendor, type VendorOptions, vendorBackend } from './vendors.ts';

let server: RawServer;

beforeEach(async () => {
  server = await createRawServer();
});
afterEach(() => server.close());

/** The request that a turn makes. */
async function asked(vendor: Vendor, turn: Partial<Turn> = {}, options: Omit<VendorOptions, 'url'> = {}) {
  const backend = vendorBackend(vendor, { url: server.url, ...options });
  const reply = replyTo(backend, { text: 'And now?', delivery: 'whole', ...turn });
  const request = await server.next();
  const { opening, delta, closing, whole } = vendorReplies[vendor];
  if (turn.delivery === 'stream') request.end(opening + delta('Hi') + closing);
  else request.answer(200, whole('Hi'));
  await reply;
  await backend.close?.();
  return request;
}

const history: Turn['history'] = [
  { role: 'system', text: 'Be brief.' },
  { role: 'assistant', text: 'Welcome' },
  { role: 'visitor', text: 'One' },
  { role: 'assistant', text: 'Two' },
  { role: 'visitor', text: 'Three' },
];
const png = 'data:image/png;base64,iVBORw0KGgo=';
const attachments: Turn['attachments'] = [
  { kind: 'image', url: 'https://shop.example/a.png' },
  { kind: 'image', url: png },
  // Nobody's picture, and none that a model's server is to fetch from its own network (failure 47).
  { kind: 'image', url: 'http://shop.example/a.png' },
  { kind: 'image', url: 'https://elsewhere.example/a.png' },
  { kind: 'image', url: 'file:///etc/passwd' },
  { kind: 'image', url: 'http://169.254.169.254/latest/meta-data' },
  { kind: 'image', url: 'http://[::1]/a.png' },
  { kind: 'image', url: 'http://0x7f.1/a.png' },
  { kind: 'image', url: 'http://redis:6379/' },
  { kind: 'image', url: 'http://metadata.google.internal/' },
  { kind: 'image', url: 'http://printer.local/a.png' },
];

describe('openai is asked', () => {
  it('with key, model, limits and the whole history', async () => {
    const request = await asked('openai', { history }, { system: 'You are Kim.', maxTokens: 9, temperature: 0.5 });
    expect(request.headers).toMatchObject({ authorization: 'Bearer vendor-key', 'content-type': 'application/json' });
    expect(request.json).toEqual({
      model: 'model-1',
      max_tokens: 9,
      temperature: 0.5,
      stream: false,
      messages: [
        { role: 'system', content: 'You are Kim.\n\nBe brief.' },
        { role: 'user', content: 'One' },
        { role: 'assistant', content: 'Two' },
        { role: 'user', content: 'Three\n\nAnd now?' },
      ],
    });
  });

  it('for usage in streams', async () => {
    const { json } = await asked('openai', { delivery: 'stream' });
    expect(json).toMatchObject({ stream: true, stream_options: { include_usage: true } });
  });

  it('with the images of the turn', async () => {
    const { json } = await asked('openai', { attachments }, { images: { hosts: ['shop.example'] } });
    expect(json.messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'And now?' },
          { type: 'image_url', image_url: { url: 'https://shop.example/a.png' } },
          { type: 'image_url', image_url: { url: png } },
        ],
      },
    ]);
  });

  it('with headers of ours, which go before the usual ones', async () => {
    const { headers } = await asked('openai', {}, { headers: { Authorization: 'Basic x', 'X-Team': 'shop' } });
    expect(headers).toMatchObject({ authorization: 'Basic x', 'x-team': 'shop' });
  });
});

describe('anthropic is asked', () => {
  it('with key, version, model, a limit and the whole history', async () => {
    const request = await asked('anthropic', { history }, { system: 'You are Kim.' });
    expect(request.headers).toMatchObject({ 'x-api-key': 'vendor-key', 'anthropic-version': '2023-06-01' });
    expect(request.json).toEqual({
      model: 'model-1',
      max_tokens: 1024,
      stream: false,
      system: 'You are Kim.\n\nBe brief.',
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'One' }] },
        { role: 'assistant', content: [{ type: 'text', text: 'Two' }] },
        { role: 'user', content: [{ type: 'text', text: 'Three\n\nAnd now?' }] },
      ],
    });
  });

  it('with the images of the turn, before its text', async () => {
    const { json } = await asked('anthropic', { attachments }, { images: { hosts: ['shop.example'] } });
    expect(json.messages[0].content).toEqual([
      { type: 'image', source: { type: 'url', url: 'https://shop.example/a.png' } },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } },
      { type: 'text', text: 'And now?' },
    ]);
  });

  it('no more than the budget of history holds', async () => {
    const { json } = await asked('anthropic', { history }, { history: { messages: 2, characters: 100 } });
    expect(json.messages).toEqual([{ role: 'user', content: [{ type: 'text', text: 'Three\n\nAnd now?' }] }]);
  });
});
