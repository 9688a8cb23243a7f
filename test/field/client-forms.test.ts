import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { send } from '../support/client.ts';
import { type OverWire, runOverWire, wire } from '../support/field-wires.ts';

let over: OverWire;
beforeAll(async () => {
  over = await runOverWire({ type: 'openai', answerTo: ({ j }) => wire.answer(j, { content: 'Hello!' }) });
});
afterAll(() => over.close());

const ask = (messages: readonly object[], rest: object = {}) =>
  send('POST', `${over.gateway.url}/v1/chat/completions`, {
    headers: { authorization: 'Bearer demo-key' },
    json: { model: 'support-agent', messages, ...rest },
  });

const now = { role: 'user', content: 'Hi' };
const answer = { role: 'assistant', content: 'x' };
const picture = (url: string) => [{ type: 'image_url', image_url: { url } }];
const call = wire.call('a', { index: undefined });

const pasts: Readonly<Record<string, readonly object[]>> = {
  'sound: Open WebUI, LibreChat': [
    { role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'x', format: 'wav' } }] },
    answer,
  ],
  'a file beside words: AI SDK': [
    {
      role: 'user',
      content: [
        { type: 'file', file: { file_id: 'x' } },
        { type: 'text', text: 'a' },
      ],
    },
    answer,
  ],
  'thoughts as a part: LangChain': [
    now,
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'x' },
        { type: 'text', text: 'y' },
      ],
    },
  ],
  'parts of the other wire: OpenAI Agents': [
    { role: 'user', content: [{ type: 'input_text', text: 'a' }] },
    { role: 'assistant', content: [{ type: 'output_text', text: 'y', annotations: [] }] },
  ],
  'a picture that only a page can read': [{ role: 'user', content: picture('blob:https://a.example/1') }, answer],
  'a picture of a kind that no model knows': [
    { role: 'user', content: picture('data:image/heic;base64,AAAA') },
    answer,
  ],
  'no content at all': [
    { role: 'user', content: null },
    { role: 'assistant', content: null, tool_calls: [] },
  ],
  'calls of tools with parts': [
    now,
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', tool_call_id: 'a', content: [{ type: 'text', text: 'r' }, ...picture('https://a.example/1.png')] },
    answer,
  ],
  'a function of old': [
    now,
    { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
    { role: 'function', name: 'f', content: 'r' },
  ],
};

describe('a chat that was begun elsewhere goes on', () => {
  it.each(Object.entries(pasts))('with %s in its past', async (_what, past) => {
    const { status, body } = await ask([...past, now]);
    expect([status, body.choices?.[0].message.content]).toEqual([200, 'Hello!']);
  });

  it('with the words of parts by other names', async () => {
    await ask([...(pasts['parts of the other wire: OpenAI Agents'] ?? []), now]);
    expect(over.asked.at(-1).messages.map(({ content }: any) => content)).toEqual(['a', 'y', 'Hi']);
  });

  it('but not with what is asked now: that is refused', async () => {
    const { status, body } = await ask([{ role: 'user', content: [{ type: 'file', file: { file_id: 'x' } }] }]);
    expect(status).toBe(400);
    expect(body.error).toMatchObject({
      message:
        "Invalid value for 'messages[0].content[0].type': value not supported. Supported values are: 'text', 'image_url'.",
      param: 'messages[0].content[0].type',
      code: 'invalid_value',
    });
  });
});

describe('a picture', () => {
  it.each(['data:image/jpg;base64,/9j/', 'data:image/JPEG;base64,/9j/'])('is known by %s', async (url) => {
    expect((await ask([{ role: 'user', content: picture(url) }])).status).toBe(200);
    const [part] = over.asked.at(-1).messages.at(-1).content;
    expect(part.image_url.url).toBe('data:image/jpeg;base64,/9j/');
  });
});
