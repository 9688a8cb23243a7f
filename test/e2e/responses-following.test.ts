import OpenAI, { APIError } from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { send } from '../support/client.ts';
import type { TestGateway } from '../support/gateway.ts';
import { runOverModel, type Vendor, vendors } from '../support/over-model.ts';
import { vendorReplies } from '../support/vendor-replies.ts';
import { createRawServer, type RawRequest, type RawServer } from '../support/vendor-server.ts';

let server: RawServer;
let gateway: TestGateway;
beforeEach(async () => {
  server = await createRawServer();
});
afterEach(async () => {
  await gateway.close();
  await server.close();
});

async function start(vendor: Vendor = 'openai', settings: object = { catalog: undefined }): Promise<OpenAI> {
  gateway = await runOverModel(vendor, server.url, settings);
  return new OpenAI({ apiKey: 'demo-key', baseURL: `${gateway.url}/v1`, maxRetries: 0 });
}

type Params = OpenAI.Responses.ResponseCreateParamsNonStreaming;
type Call = OpenAI.Responses.ResponseFunctionToolCall;

const model = 'support-agent';
const { whole } = vendorReplies.openai;
const tools: Params['tools'] = [
  { type: 'function', name: 'get_order', parameters: { type: 'object', properties: { number: {} } }, strict: false },
];
const order = (id: string, number: string) => ({ id, name: 'get_order', arguments: JSON.stringify({ number }) });
const bearer = { authorization: 'Bearer demo-key' };

/** Asks, answers as the vendor, and gives both sides. */
async function turn(client: OpenAI, asked: Params, answer: unknown) {
  const asking = client.responses.create(asked);
  const heard = await server.next();
  heard.answer(200, answer);
  return { response: await asking, heard };
}

async function refusalOf(call: PromiseLike<unknown>): Promise<APIError> {
  const thrown: unknown = await Promise.resolve(call).then(
    () => new Error('the call did not fail'),
    (reason: unknown) => reason,
  );
  if (thrown instanceof APIError) return thrown;
  throw thrown;
}

/** What an `openai` vendor is told, one line a message. */
const linesIn = ({ json }: RawRequest): string[] =>
  json.messages.map(({ role, content, tool_calls: calls = [], tool_call_id: id }: any) =>
    [role, id, content, ...calls.map((call: any) => `${call.id} ${call.function.arguments}`)]
      .filter((part) => part !== undefined && part !== null && part !== '')
      .join(': '),
  );

const callsIn = ({ output }: OpenAI.Responses.Response): Call[] =>
  output.filter((item) => item.type === 'function_call');

describe('a response that follows another', () => {
  it('goes on with what was said up to that, and not with its instructions', async () => {
    const client = await start();
    const input = [
      { role: 'developer' as const, content: 'Speak Dutch.' },
      { role: 'user' as const, content: 'One' },
      { role: 'assistant' as const, content: 'Een' },
      { role: 'user' as const, content: 'Two' },
    ];
    const { response: first } = await turn(client, { model, input, instructions: 'Be brief.' }, whole('Twee'));
    const { response: second } = await turn(
      client,
      { model, input: 'Three', previous_response_id: first.id },
      whole('Drie'),
    );
    expect(second.previous_response_id).toBe(first.id);
    const next: Params = { model, input: 'Four', previous_response_id: second.id, instructions: 'Be kind.' };
    const { heard } = await turn(client, next, whole('Vier'));
    expect(linesIn(heard)).toEqual([
      'system: Be kind.\n\nSpeak Dutch.',
      'user: One',
      'assistant: Een',
      'user: Two',
      'assistant: Twee',
      'user: Three',
      'assistant: Drie',
      'user: Four',
    ]);
  });

  it('may branch: what was said after the one that is followed is not told', async () => {
    const client = await start();
    const { response: root } = await turn(client, { model, input: 'One' }, whole('1'));
    const follow = (id: string, input: string, answer: string) =>
      turn(client, { model, input, previous_response_id: id }, whole(answer));
    const { response: left } = await follow(root.id, 'Left', 'L');
    const { response: right } = await follow(root.id, 'Right', 'R');
    const { heard: onLeft } = await follow(left.id, 'On', 'L2');
    expect(linesIn(onLeft)).toEqual(['user: One', 'assistant: 1', 'user: Left', 'assistant: L', 'user: On']);
    const { heard: onRight } = await follow(right.id, 'On', 'R2');
    expect(linesIn(onRight)).toEqual(['user: One', 'assistant: 1', 'user: Right', 'assistant: R', 'user: On']);
  });

  it('follows the whole conversation where that is named, in the other wire too', async () => {
    const client = await start();
    const asking = client.responses.create({ model, input: 'One' }).withResponse();
    (await server.next()).answer(200, whole('1'));
    const { response: told } = await asking;
    const conversation = told.headers.get('x-conversation-id') ?? '';
    const { response, heard } = await turn(client, { model, input: 'Two', conversation }, whole('2'));
    expect(response.conversation).toEqual({ id: conversation });
    expect(linesIn(heard)).toEqual(['user: One', 'assistant: 1', 'user: Two']);
    const chatting = client.chat.completions.create(
      { model, messages: [{ role: 'user', content: 'Three' }] },
      { headers: { 'x-conversation-id': conversation } },
    );
    const chat = await server.next();
    expect(linesIn(chat)).toHaveLength(5);
    chat.answer(200, whole('3'));
    await chatting;
  });

  it.each(['resp_1', `resp_${'0'.repeat(64)}`, 'chatcmpl-1', 'resp_ä'])(
    'is refused as the vendor does where there is none: %s',
    async (id) => {
      const client = await start();
      const { status, error } = await refusalOf(
        client.responses.create({ model, input: 'Hi', previous_response_id: id }),
      );
      expect([status, error]).toEqual([
        400,
        {
          message: `Previous response with id '${id}' not found.`,
          type: 'invalid_request_error',
          param: 'previous_response_id',
          code: 'previous_response_not_found',
        },
      ]);
    },
  );

  it("is refused where it is a stranger's, or was not to be kept", async () => {
    const client = await start();
    const { response } = await turn(client, { model, input: 'Hi', safety_identifier: 'ann' }, whole('Hello'));
    const { response: forgotten } = await turn(client, { model, input: 'Hi', store: false }, whole('Hello'));
    expect(forgotten).toMatchObject({ store: false });
    const changed = response.id.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
    for (const [id, user] of [
      [response.id, 'bob'],
      [changed, 'ann'],
      [forgotten.id, undefined],
    ] as const) {
      const asked = { model, input: 'And?', previous_response_id: id, ...(user && { safety_identifier: user }) };
      expect(await refusalOf(client.responses.create(asked))).toMatchObject({ code: 'previous_response_not_found' });
    }
    expect(server.requests).toHaveLength(2);
  });

  it('is answered once under one key, though the conversation has grown meanwhile', async () => {
    const client = await start();
    const { response: first } = await turn(client, { model, input: 'One' }, whole('1'));
    const ask = (fields: object) =>
      send('POST', `${gateway.url}/v1/responses`, {
        headers: { ...bearer, 'idempotency-key': JSON.stringify(fields) },
        json: { model, input: 'Two', ...fields },
      });
    const conversation = `conv_${first.id.slice(5, 37)}`;
    for (const fields of [{ previous_response_id: first.id }, { conversation, instructions: 'Be brief.' }]) {
      const asking = ask(fields);
      (await server.next()).answer(200, whole('2'));
      const { id } = (await asking).body;
      expect((await ask(fields)).body).toMatchObject({ id });
    }
    expect(server.requests).toHaveLength(3);
  });

  it('keeps what is too long to be kept to the client', async () => {
    const client = await start();
    const input = [
      { role: 'developer' as const, content: 'x'.repeat(262_145) },
      { role: 'user' as const, content: 'Hi' },
    ];
    const { response } = await turn(client, { model, input }, whole('Hello'));
    expect(response).toMatchObject({ store: false });
    const asking = client.responses.create({ model, input: 'And?', previous_response_id: response.id });
    expect(await refusalOf(asking)).toMatchObject({ code: 'previous_response_not_found' });
  });
});

describe.each(vendors)("a client's tools in responses over %s", (vendor) => {
  const replies = vendorReplies[vendor];
  const asked: Params = { model, tools, input: 'Where are 17 and 18?' };

  /** The results as the vendor is told them, whatever its wire. */
  const resultsIn = ({ json }: RawRequest): unknown[] =>
    json.messages.flatMap(({ role, content, tool_call_id: id }: any) => {
      if (role === 'tool') return [[id, content]];
      return typeof content === 'string' || content === null
        ? []
        : content.flatMap((part: any) => (part.type === 'tool_result' ? [[part.tool_use_id, part.content]] : []));
    });
  const output = (call_id: string, text: string) => ({ type: 'function_call_output' as const, call_id, output: text });

  it('are called, and their results follow', async () => {
    const client = await start(vendor);
    const calling = replies.whole('One moment.', [order('v_1', '17'), order('v_2', '18')]);
    const { response } = await turn(client, asked, calling);
    expect(response).toMatchObject({ status: 'completed', output_text: 'One moment.' });
    const calls = callsIn(response);
    expect(calls.map(({ call_id, arguments: given }) => [call_id, given])).toEqual([
      ['v_1', '{"number":"17"}'],
      ['v_2', '{"number":"18"}'],
    ]);
    const results = [output('v_1', 'Under way'), output('v_2', 'Lost')];
    const second = await turn(
      client,
      { model, tools, input: results, previous_response_id: response.id },
      replies.whole('One of two.'),
    );
    expect(resultsIn(second.heard)).toEqual([
      ['v_1', 'Under way'],
      ['v_2', 'Lost'],
    ]);
    expect(second.heard.body).toContain('Where are 17 and 18?');
    const third = await turn(
      client,
      { model, input: 'Thanks', previous_response_id: second.response.id },
      replies.whole('Welcome'),
    );
    expect(resultsIn(third.heard)).toHaveLength(2);
    expect(JSON.stringify(third.heard.json.messages)).toMatch(/Where are 17.*Lost.*One of two\..*Thanks/);
  });

  it('are called, and the whole input comes again, in full or by reference', async () => {
    const client = await start(vendor);
    const { response } = await turn(client, asked, replies.whole('One moment.', [order('v_1', '17')]));
    const question = { role: 'user' as const, content: 'Where are 17 and 18?' };
    const references = response.output.map(({ id = '' }) => ({ type: 'item_reference' as const, id }));
    for (const said of [response.output, references]) {
      const input = [question, ...said, output('v_1', 'Under way')] as OpenAI.Responses.ResponseInput;
      const { heard } = await turn(client, { model, tools, input }, replies.whole('Under way'));
      expect(resultsIn(heard)).toEqual([['v_1', 'Under way']]);
      expect(heard.body).toContain('One moment.');
    }
  });

  it('are streamed as they are called', async () => {
    const client = await start(vendor);
    const stream = client.responses.stream({ model, tools, input: 'Where is 17?' });
    const heard = await server.next();
    heard.end(replies.opening + replies.calls([order('v_1', '17')]));
    const types: string[] = [];
    for await (const { type } of stream) types.push(type);
    expect(types).toContain('response.function_call_arguments.done');
    expect(await stream.finalResponse()).toMatchObject({
      status: 'completed',
      output: [{ type: 'function_call', status: 'completed', call_id: 'v_1', arguments: '{"number":"17"}' }],
    });
  });

  it('and ours: what ours gave is told again with what theirs gave', async () => {
    const client = await start(vendor, {});
    const search = { id: 'v_s', name: 'search_catalog', arguments: '{"query":"blue hoodie"}' };
    const { response } = await turn(client, asked, replies.whole('', [search, order('v_1', '17')]));
    const [call] = callsIn(response);
    const results = [output(call?.call_id ?? '', 'Under way')];
    const { heard } = await turn(
      client,
      { model, tools, input: results, previous_response_id: response.id },
      replies.whole('Under way'),
    );
    expect(resultsIn(heard)).toEqual([
      ['v_s', expect.stringContaining('1234567890123')],
      ['v_1', 'Under way'],
    ]);
  });

  it('have results for calls that were made, and each call has one', async () => {
    const client = await start(vendor);
    const { response } = await turn(client, asked, replies.whole('', [order('v_1', '17')]));
    const follow = (input: Params['input'] & object) =>
      refusalOf(client.responses.create({ model, tools, input, previous_response_id: response.id } as Params));
    expect(await follow([output('v_1', 'Lost'), output('v_9', 'Lost')])).toMatchObject({
      status: 400,
      param: 'input',
      error: { message: 'No tool call found for function call output with call_id v_9.' },
    });
    expect(await follow([{ role: 'user', content: 'Never mind' }])).toMatchObject({
      status: 400,
      param: 'input',
      error: { message: 'No tool output found for function call v_1.' },
    });
    expect(server.requests).toHaveLength(1);
  });
});

describe('an item that is referred to', () => {
  it.each(['msg_1', `msg_${'0'.repeat(64)}`, `fc_${'0'.repeat(64)}_0`, 'rs_1'])(
    'and is not there is refused: %s',
    async (id) => {
      const client = await start();
      const input = [
        { type: 'item_reference' as const, id },
        { role: 'user' as const, content: 'Hi' },
      ];
      const { status, error } = await refusalOf(client.responses.create({ model, input }));
      expect([status, error]).toMatchObject([
        404,
        { param: 'input', message: expect.stringContaining(`'${id}' not found`) },
      ]);
    },
  );
});
