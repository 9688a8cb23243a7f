import { afterEach, describe, expect, it } from 'vitest';
import { type OverWire, runOverWire, type WireAnswer, wire, wireClients } from '../support/field-wires.ts';

const { chunk, data, done, document, stream } = wire;

let over: OverWire;
afterEach(() => over.close());

const hello = (j: any) => wire.answer(j, { content: 'Hello!' });
const isForbidden = (j: any): boolean => JSON.stringify(j.messages).includes('forbidden words');

const refusals: readonly (readonly [from: string, answer: (j: any) => WireAnswer])[] = [
  ['DeepSeek', () => document(400, { error: { message: 'Content Exists Risk', type: 'invalid_request_error' } })],
  [
    'MiniMax, in 200',
    () => document(200, { choices: null, base_resp: { status_code: 1026, status_msg: 'new_sensitive' } }),
  ],
  ['a proxy, in plain words', () => document(400, 'Blocked by a guardrail', { 'content-type': 'text/plain' })],
  ['Bedrock, as a reason to end', (j) => wire.answer(j, { content: null }, [{}], 'guardrail_intervened')],
  ['Zhipu, as a reason to end', (j) => wire.answer(j, { content: '' }, [{}], 'sensitive')],
];

describe('a text that is refused', () => {
  it.each(refusals)('is told as such, and the conversation goes on: %s', async (_from, refuse) => {
    over = await runOverWire({ type: 'openai', answerTo: ({ j }) => (isForbidden(j) ? refuse(j) : hello(j)) });
    const told: number[] = [];
    for (const message of ['Hello', 'forbidden words', 'And now?']) {
      told.push((await wireClients.widget(over.gateway.url, { message, session: 'p' })).status);
    }
    expect(told).toEqual([200, 422, 200]);
  });

  it('is no text that is too long: then there is less of the past', async () => {
    over = await runOverWire({
      type: 'openai',
      answerTo: ({ j }) =>
        JSON.stringify(j.messages).length > 3_000
          ? document(422, 'Input is too long for this model', { 'content-type': 'text/plain' })
          : hello(j),
    });
    for (let turn = 0; turn < 5; turn += 1) {
      const question = { message: `${turn} ${'x'.repeat(900)}`, session: 'p' };
      expect(await wireClients.widget(over.gateway.url, question)).toMatchObject({ status: 200, text: 'Hello!' });
    }
  });
});

const failures: readonly (readonly [from: string, frames: readonly string[]])[] = [
  [
    'OpenRouter: a choice with an error',
    [chunk({ content: '' }, 'error', { error: { code: 502, message: 'x' } }), done],
  ],
  [
    'a choice with an error that has no end',
    [chunk({ content: '' }, null, { error: { code: 502, message: 'x' } }), done],
  ],
  ['vLLM', [chunk({}, 'abort'), done]],
  ['DeepSeek', [chunk({}, 'insufficient_system_resource'), done]],
  ['Zhipu', [chunk({}, 'network_error'), done]],
  ['Cloudflare', [data({ success: false, errors: [{ code: 5006, message: 'x' }] }), done]],
];

describe('a stream that has failed after words', () => {
  it.each(failures)('is told as failed: %s', async (_from, frames) => {
    over = await runOverWire({ type: 'openai', answerTo: () => stream([chunk({ content: 'Hel' }), 20, ...frames]) });
    expect(await wireClients['openai-stream'](over.gateway.url, { message: 'Hi' })).toMatchObject({
      text: 'Hel',
      failed: true,
    });
  });

  it('is not one that has an error that says nothing', async () => {
    const frames = [{}, { code: 0, message: 'success' }, { code: null, message: '' }].map((error) =>
      data({ error, choices: [{ index: 0, delta: { content: 'a' } }] }),
    );
    over = await runOverWire({ type: 'openai', answerTo: () => stream([...frames, chunk({}, 'stop'), done]) });
    const told = await wireClients['openai-stream'](over.gateway.url, { message: 'Hi' });
    expect(told).toMatchObject({ text: 'aaa', failed: false });
  });
});
