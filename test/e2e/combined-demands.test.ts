import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { vendorReplies } from '../support/vendor-replies.ts';
import { createRawServer, type RawRequest, type RawServer } from '../support/vendor-server.ts';

const schema = { type: 'object', properties: { a: { type: 'string' } } };
const jsonSchema = { type: 'json_schema', json_schema: { name: 'answer', schema } };
const tools = [{ type: 'function', function: { name: 'get_order' } }];

let server: RawServer;
let gateway: TestGateway;
beforeEach(async () => {
  server = await createRawServer();
});
afterEach(async () => {
  await gateway.close();
  await server.close();
});

type Vendor = 'openai' | 'anthropic';

/** The demo, answered by one that is made of others: its catalogue, and models of both vendors. */
async function start(combined: object, more: object = {}, parameters?: object): Promise<void> {
  const model = (type: Vendor) => ({
    type,
    baseUrl: type === 'openai' ? `${server.url}/v1` : server.url,
    apiKey: 'key',
    model: type,
    retry: { attempts: 1 },
  });
  gateway = await runGateway({
    configure(demo) {
      demo.backends = { ...demo.backends, llm: model('openai'), claude: model('anthropic'), combined, ...more };
      for (const agent of demo.tenants[0].agents)
        Object.assign(agent, { route: { backend: 'combined' } }, parameters && { parameters });
    },
  });
}

const ask = (rest: object) =>
  send('POST', `${gateway.url}/v1/chat/completions`, {
    headers: { authorization: 'Bearer demo-key' },
    json: { model: 'support-agent', messages: [{ role: 'user', content: 'a blue hoodie' }], ...rest },
  });

const vendorOf = ({ json }: RawRequest): Vendor => json.model;
const answerOf = (request: RawRequest, text: string) =>
  request.answer(200, vendorReplies[vendorOf(request)].whole(text));

const demands: readonly (readonly [what: string, rest: object, param: string])[] = [
  ['a form by its schema', { response_format: jsonSchema }, 'response_format'],
  ['any JSON', { response_format: { type: 'json_object' } }, 'response_format'],
  ['the call of a tool', { tools, tool_choice: 'required' }, 'tool_choice'],
];

describe('what a turn demands of backends that are combined', () => {
  it.each(demands)('is asked of the one that can do it, in a fallback: %s', async (_what, rest) => {
    await start({ type: 'fallback', of: ['shop', 'llm'] });
    const answer = ask(rest);
    const asked = await server.next();
    expect(asked.json).toMatchObject(rest);
    answerOf(asked, '{"a":"1"}');
    expect((await answer).body.choices[0].message.content).toBe('{"a":"1"}');
  });

  it('is asked of nobody who cannot do it, where the one that can has failed', async () => {
    await start({ type: 'fallback', of: ['llm', 'shop'] });
    const answer = ask({ response_format: jsonSchema });
    (await server.next()).answer(500, {});
    expect((await answer).status).toBe(502);
  });

  it.each(demands)('has the next one asked that can do it, if the first fails: %s', async (_what, rest, param) => {
    await start({ type: 'fallback', of: ['claude', 'shop', 'llm'] });
    const answer = ask(rest);
    let asked = await server.next();
    if (vendorOf(asked) === 'anthropic') {
      asked.answer(500, {});
      asked = await server.next();
    } else expect(rest).toEqual({ response_format: { type: 'json_object' } }); // which Claude has no word for
    expect(asked.json).toHaveProperty(param);
    answerOf(asked, '{"a":"1"}');
    expect((await answer).status).toBe(200);
  });

  it.each(demands)('goes to the one that can do it, whatever the weights: %s', async (_what, rest) => {
    await start({
      type: 'weighted',
      of: [
        { backend: 'shop', weight: 1_000 },
        { backend: 'llm', weight: 1 },
      ],
    });
    const answer = ask(rest);
    answerOf(await server.next(), '{"a":"1"}');
    expect((await answer).status).toBe(200);
  });

  it.each(demands)('is 400 where none of them can do it: %s', async (_what, rest, param) => {
    await start({ type: 'fallback', of: ['shop', 'other'] }, { other: { type: 'catalog', catalog: 'shop' } });
    const { status, body } = await ask(rest);
    expect([status, body.error.param]).toEqual([400, param]);
    expect(server.requests).toEqual([]);
  });

  it('is looked for through several layers', async () => {
    const inner = {
      type: 'weighted',
      of: [
        { backend: 'shop', weight: 9 },
        { backend: 'llm', weight: 1 },
      ],
    };
    await start({ type: 'fallback', of: ['shop', 'inner'], timeouts: { total: '20s' } }, { inner });
    const answer = ask({ response_format: jsonSchema });
    answerOf(await server.next(), '{"a":"1"}');
    expect((await answer).status).toBe(200);
  });
});

describe('hints for backends that are combined', () => {
  it('are told, unless one that may be asked cannot use them: then they are named', async () => {
    await start({ type: 'fallback', of: ['llm', 'claude'] });
    const hinted = ask({ seed: 7, temperature: 0.5 });
    const asked = await server.next();
    expect([asked.json.temperature, asked.json.seed]).toEqual([0.5, undefined]);
    answerOf(asked, 'Hello');
    expect((await hinted).headers.get('x-ignored-parameters')).toBe('seed');
  });

  it('are told beside a demand that none of the others can do', async () => {
    await start({ type: 'fallback', of: ['llm', 'claude'] });
    const hinted = ask({ seed: 7, response_format: { type: 'json_object' } });
    const asked = await server.next();
    expect(asked.json.seed).toBe(7);
    answerOf(asked, '{}');
    expect((await hinted).headers.get('x-ignored-parameters')).toBeNull();
  });
});

describe('what an agent bounds of what clients ask, before a model and a catalogue', () => {
  const bounded = { allow: ['temperature', 'max_tokens', 'tools'], max_tokens: 100 };
  const combinations: readonly (readonly [kind: string, combined: object])[] = [
    ['fallback', { type: 'fallback', of: ['llm', 'shop'] }],
    [
      'weighted',
      {
        type: 'weighted',
        of: [
          { backend: 'llm', weight: 1_000 },
          { backend: 'shop', weight: 0 },
          { backend: 'other', weight: 0.001 },
        ],
      },
    ],
  ];

  it.each(combinations)('is bounded, whichever comes to answer: %s', async (_kind, combined) => {
    await start(combined, { other: { type: 'catalog', catalog: 'shop' } }, bounded);
    const answer = ask({ temperature: 0.5, top_p: 0.5, max_tokens: 5_000 });
    const asked = await server.next();
    expect([asked.json.temperature, asked.json.top_p, asked.json.max_tokens]).toEqual([0.5, undefined, 100]);
    answerOf(asked, 'Hello');
    expect((await answer).headers.get('x-ignored-parameters')).toBe('temperature, top_p, max_tokens');
  });

  it('has its tools named where one that may be asked calls none', async () => {
    await start({ type: 'fallback', of: ['llm', 'shop'] }, {}, bounded);
    const answer = ask({ tools });
    const asked = await server.next();
    expect(asked.json.tools).toHaveLength(1);
    answerOf(asked, 'Hello');
    expect((await answer).headers.get('x-ignored-parameters')).toBe('tools');
  });
});
