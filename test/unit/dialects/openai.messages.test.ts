import { describe, expect, it } from 'vitest';
import { messages } from '../../../src/dialects/openai/message.ts';
import { modelParameters, responseFormat } from '../../../src/dialects/openai/parameters.ts';
import { clientTools } from '../../../src/dialects/openai/tools.ts';
import type { ChatBody, ChatMessage } from '../../../src/dialects/openai/wire.ts';
import { GatewayError } from '../../../src/errors/index.ts';

const call = { id: 'c1', type: 'function', function: { name: 'get_order', arguments: '{}' } };
const body = (rest: Partial<ChatBody>): ChatBody => ({
  model: 'a',
  messages: [{ role: 'user', content: 'Hi' }],
  ...rest,
});

describe('the messages of an openai client', () => {
  it.each<[string, readonly ChatMessage[], object]>([
    ['one message', [{ role: 'user', content: 'Hi' }], { text: 'Hi', attachments: [] }],
    [
      'a rule that follows the question (danny-avila/LibreChat)',
      [
        { role: 'user', content: 'Hi' },
        { role: 'system', content: 'Answer in French' },
      ],
      { text: 'Hi', attachments: [], history: [{ role: 'system', text: 'Answer in French' }] },
    ],
    [
      'a rule alone, as titles are asked for (danny-avila/LibreChat)',
      [{ role: 'system', content: 'A title, please' }],
      { text: 'A title, please', attachments: [] },
    ],
    [
      'what tools gave',
      [
        { role: 'user', content: 'Where is it?' },
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: 'c1', content: [{ type: 'text', text: 'Here' }] },
      ],
      {
        text: 'Where is it?',
        attachments: [],
        history: [],
        afterwards: [
          { role: 'assistant', text: '', calls: [{ id: 'c1', name: 'get_order', arguments: '{}' }] },
          { role: 'tool', text: 'Here', callId: 'c1' },
        ],
      },
    ],
    [
      'the beginning of an answer',
      [
        { role: 'user', content: 'A list' },
        { role: 'assistant', content: '1.' },
      ],
      { text: 'A list', attachments: [], history: [], afterwards: [{ role: 'assistant', text: '1.' }] },
    ],
    [
      'a chat that began with another model: tools, functions and contents that are null stand in the past',
      [
        { role: 'user', content: null },
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: 'c1', content: 'Here' },
        { role: 'function', name: 'f', content: '5' },
        { role: 'user', content: 'Thanks' },
      ],
      {
        text: 'Thanks',
        attachments: [],
        history: [
          { role: 'visitor', text: '' },
          { role: 'assistant', text: '', calls: [{ id: 'c1', name: 'get_order', arguments: '{}' }] },
          { role: 'tool', text: 'Here', callId: 'c1' },
          { role: 'tool', text: '5', callId: 'f' },
        ],
      },
    ],
    [
      'an image alone',
      [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://shop.example/1.png' } }] }],
      { text: '', attachments: [{ kind: 'image', url: 'https://shop.example/1.png' }] },
    ],
  ])('may be %s', (_what, list, said) => {
    expect(messages.decode(list)).toEqual(said);
  });

  it('say something', () => {
    expect(() => messages.decode([{ role: 'user', content: '' }])).toThrow(GatewayError);
  });
});

describe('the tools of an openai client', () => {
  it('are none where none are listed', () => {
    expect(clientTools.decode(body({ tools: [] }))).toBeUndefined();
    expect(clientTools.decode(body({ tools: null, tool_choice: 'auto' }))).toBeUndefined();
  });

  it.each<Partial<ChatBody>>([
    { tool_choice: 'required' },
    {
      tool_choice: { type: 'function', function: { name: 'b' } },
      tools: [{ type: 'function', function: { name: 'a' } }],
    },
  ])('cannot be demanded where they are not there: %j', (demand) => {
    expect(() => clientTools.decode(body(demand))).toThrow(expect.objectContaining({ code: 'invalid-request' }));
  });
});

describe('what an openai client asks of a model', () => {
  it('is nothing where it says null, or text as usual', () => {
    const silent = { temperature: null, stop: null, response_format: { type: 'text' as const }, max_tokens: null };
    expect(modelParameters.decode(body(silent))).toBeUndefined();
  });

  it('is read by its newer word first, and a text as a list of one', () => {
    const said = modelParameters.decode(body({ max_tokens: 5, max_completion_tokens: 7, stop: 'END' }));
    expect(said).toEqual({ maxTokens: 7, stop: ['END'] });
  });

  it('keeps the schema of an answer whole', () => {
    const format = {
      type: 'json_schema' as const,
      json_schema: { name: 'order', schema: { type: 'object', $defs: {} }, strict: true },
    };
    expect(responseFormat.encode(responseFormat.decode(format) ?? { type: 'json' })).toEqual(format);
  });
});
