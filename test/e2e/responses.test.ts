import OpenAI, { APIError } from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStream, send } from '../support/client.ts';
import type { TestGateway } from '../support/gateway.ts';
import { runOverModel, type Vendor, vendors } from '../support/over-model.ts';
import { vendorReplies } from '../support/vendor-replies.ts';
import { createRawServer, type RawServer } from '../support/vendor-server.ts';

let server: RawServer;
let gateway: TestGateway;
beforeEach(async () => {
  server = await createRawServer();
});
afterEach(async () => {
  await gateway.close();
  await server.close();
});

async function start(vendor: Vendor = 'openai', settings: object = {}, agent: object = {}): Promise<OpenAI> {
  gateway = await runOverModel(vendor, server.url, { catalog: undefined, ...settings }, agent);
  return new OpenAI({ apiKey: 'demo-key', baseURL: `${gateway.url}/v1`, maxRetries: 0 });
}

const model = 'support-agent';
const { whole, opening, delta, closing } = vendorReplies.openai;
const headers = { authorization: 'Bearer demo-key' };

async function failureOf(call: PromiseLike<unknown>): Promise<APIError> {
  const thrown: unknown = await Promise.resolve(call).then(
    () => new Error('the call did not fail'),
    (reason: unknown) => reason,
  );
  if (thrown instanceof APIError) return thrown;
  throw thrown;
}

describe.each(vendors)("the vendor's own client, over %s, gets a response", (vendor) => {
  const replies = vendorReplies[vendor];

  it('whole', async () => {
    const client = await start(vendor);
    const asking = client.responses.create({
      model,
      input: 'Hi',
      instructions: 'Be brief.',
      metadata: { order: '17' },
    });
    const asked = await server.next();
    expect(asked.body).toContain('Be brief.');
    asked.answer(200, replies.whole('Hello'));
    const response = await asking;
    expect(response).toMatchObject({
      object: 'response',
      status: 'completed',
      model,
      output_text: 'Hello',
      instructions: 'Be brief.',
      metadata: { order: '17' },
      store: true,
      previous_response_id: null,
      usage: { input_tokens_details: { cached_tokens: 0 }, output_tokens_details: { reasoning_tokens: 0 } },
    });
    expect(response.id).toMatch(/^resp_[0-9a-f]{64}$/);
    expect(response.usage?.total_tokens).toBeGreaterThan(0);
  });

  it('streamed, each event in its place', async () => {
    const client = await start(vendor);
    const stream = client.responses.stream({ model, input: 'Hi' });
    const reading = (async () => {
      const events = [];
      for await (const event of stream) events.push(event);
      return events;
    })();
    const asked = await server.next();
    asked.end(replies.opening + replies.delta('Hel') + replies.delta('lo') + replies.closing);
    const events = await reading;
    expect(events.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, at) => at));
    expect(await stream.finalResponse()).toMatchObject({ status: 'completed', output_text: 'Hello' });
  });
});

describe('a request for a response', () => {
  it('tells the model what the client asks of it', async () => {
    const client = await start();
    const format = { type: 'json_schema' as const, name: 'weather', schema: { type: 'object' }, strict: true };
    const asking = client.responses.create({
      model,
      input: 'Hi',
      temperature: 0.5,
      top_p: 0.9,
      max_output_tokens: 64,
      reasoning: { effort: 'low' },
      text: { format },
      tools: [{ type: 'function', name: 'get_order', parameters: { type: 'object' }, strict: true }],
      tool_choice: { type: 'function', name: 'get_order' },
      parallel_tool_calls: false,
    });
    const asked = await server.next();
    expect(asked.json).toMatchObject({
      temperature: 0.5,
      top_p: 0.9,
      max_tokens: 64,
      reasoning_effort: 'low',
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'weather', schema: { type: 'object' }, strict: true },
      },
      tools: [{ type: 'function', function: { name: 'get_order', parameters: { type: 'object' }, strict: true } }],
      tool_choice: { type: 'function', function: { name: 'get_order' } },
      parallel_tool_calls: false,
    });
    asked.answer(200, whole('{}'));
    expect(await asking).toMatchObject({
      temperature: 0.5,
      top_p: 0.9,
      max_output_tokens: 64,
      reasoning: { effort: 'low' },
      text: { format },
      tools: [{ type: 'function', name: 'get_order', strict: true }],
      tool_choice: { type: 'function', name: 'get_order' },
      parallel_tool_calls: false,
    });
  });

  it('names hints that are passed over, and demands that cannot be met, in its own words', async () => {
    await start('openai', {}, { parameters: { allow: ['temperature'] } });
    const said = { model, input: 'Hi' };
    const hinted = send('POST', `${gateway.url}/v1/responses`, { headers, json: { ...said, max_output_tokens: 9 } });
    (await server.next()).answer(200, whole('Hello'));
    expect((await hinted).headers.get('x-ignored-parameters')).toBe('max_output_tokens');
    const json = { ...said, text: { format: { type: 'json_object' } } };
    expect(await send('POST', `${gateway.url}/v1/responses`, { headers, json })).toMatchObject({
      status: 400,
      body: { error: { param: 'text.format', type: 'invalid_request_error' } },
    });
  });

  it('is refused by name for what is not offered', async () => {
    const client = await start();
    const refusals = [
      [{ tools: [{ type: 'web_search' }] }, 'tools[0].type'],
      [{ tools: [{ type: 'file_search', vector_store_ids: ['vs_1'] }] }, 'tools[0].type'],
      [{ tool_choice: 'required' }, 'tool_choice'],
      [{ background: true }, 'background'],
      [{ prompt: { id: 'pmpt_1' } }, 'prompt'],
      [{ input: [{ type: 'computer_call' }] }, 'input[0].type'],
      [
        { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'nowhere' }] }] },
        'input[0].content[0].image_url',
      ],
      [{ input: [{ role: 'user', content: [] }] }, 'input[0].content'],
      [{ previous_response_id: 'resp_1', conversation: 'conv_1' }, 'previous_response_id'],
    ] as const;
    for (const [fields, param] of refusals) {
      const asked = { model, input: 'Hi', ...fields } as unknown as OpenAI.Responses.ResponseCreateParamsNonStreaming;
      const { status, error } = await failureOf(client.responses.create(asked));
      expect([status, error]).toMatchObject([400, { param }]);
    }
    expect(server.requests).toEqual([]);
  });

  it('is refused as every request of the dialect: without a key, for an agent that is not there', async () => {
    await start();
    const at = `${gateway.url}/v1/responses`;
    expect(await send('POST', at, { json: { model, input: 'Hi' } })).toMatchObject({ status: 401 });
    expect(await send('POST', at, { headers, json: { model: 'nobody', input: 'Hi' } })).toMatchObject({
      status: 404,
      body: { error: { code: 'model_not_found' } },
    });
    expect(await send('GET', `${at}/resp_1`, { headers })).toMatchObject({
      status: 404,
      body: { error: { message: 'Invalid URL (GET /v1/responses/resp_1)' } },
    });
  });

  it('is answered once, however often it is asked under one key', async () => {
    await start();
    const ask = (input = 'Hi') =>
      send('POST', `${gateway.url}/v1/responses`, {
        headers: { ...headers, 'idempotency-key': 'k-1' },
        json: { model, input },
      });
    const first = ask();
    (await server.next()).answer(200, whole('Hello'));
    const { id } = (await first).body;
    expect((await ask()).body).toMatchObject({ id, output: [{ content: [{ text: 'Hello' }] }] });
    expect(await ask('Something else')).toMatchObject({ status: 409 });
    expect(server.requests).toHaveLength(1);
  });
});

describe('a response that does not come to its end', () => {
  it('has a status of its own before its first word', async () => {
    const client = await start();
    const asking = client.responses.create({ model, input: 'Hi', stream: true });
    (await server.next()).answer(500, { error: { message: 'secret', type: 'server_error' } });
    const { status, message } = await failureOf(asking);
    expect(status).toBe(502);
    expect(message).not.toContain('secret');
  });

  it('tells its failure in the stream, numbered as what came before it', async () => {
    await start();
    const json = { model, input: 'Hi', stream: true };
    const opened = openStream(`${gateway.url}/v1/responses`, { headers, json });
    const asked = await server.next();
    asked.write(opening + delta('Hel'));
    const rest = (await opened).rest();
    asked.destroy();
    const seen = (await rest).map(({ event, data }) => ({ event, ...JSON.parse(data) }));
    expect(seen.map(({ event }) => event).slice(-2)).toEqual(['error', 'response.failed']);
    expect(seen.map(({ sequence_number: number }) => number)).toEqual(seen.map((_, at) => at));
    expect(seen.at(-1).response).toMatchObject({
      id: seen[0].response.id,
      status: 'failed',
      error: { code: 'server_error' },
    });
  });

  it("has the vendor's own client throw", async () => {
    const client = await start();
    const stream = client.responses.stream({ model, input: 'Hi' });
    const ending = failureOf(stream.finalResponse());
    const asked = await server.next();
    asked.write(opening + delta('Hel'));
    asked.destroy();
    expect((await ending).message).toContain('could not be obtained');
  });

  it('says that it is not whole where its length ended it', async () => {
    const client = await start();
    const stream = client.responses.stream({ model, input: 'Hi' });
    const asked = await server.next();
    asked.end(opening + delta('Hel') + closing.replaceAll('"stop"', '"length"'));
    expect(await stream.finalResponse()).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output_text: 'Hel',
    });
  });
});
