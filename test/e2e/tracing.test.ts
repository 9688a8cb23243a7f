import { afterEach, describe, expect, it } from 'vitest';
import { openStream, send } from '../support/client.ts';
import { type CollectedSpan, type Collector, runCollector } from '../support/collector.ts';
import { behindProxy, runGateway, type TestGateway } from '../support/gateway.ts';
import { readMetric } from '../support/metrics.ts';
import { json, runStub } from '../support/stub-upstream.ts';

const bearer = { authorization: 'Bearer demo-key' };
const said = 'canary-4111 blue hoodie';
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
const patience = { timeout: 20_000 };

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function collector(...options: Parameters<typeof runCollector>): Promise<Collector> {
  const started = await runCollector(...options);
  closing.push(started.close);
  return started;
}

async function gateway(endpoint: string, configure: (demo: any) => void, sample = '100%'): Promise<TestGateway> {
  const started = await runGateway({
    configure(demo) {
      demo.tracing = { endpoint, sample, headers: { 'x-collector-key': 'collector-secret' } };
      configure(demo);
    },
  });
  closing.push(started.close);
  return started;
}

const ask = (url: string, headers: Record<string, string> = {}) =>
  send('POST', `${url}/v1/api/chat/support-agent`, { headers: { ...bearer, ...headers }, json: { message: said } });

const isRoot = ({ kind }: CollectedSpan): boolean => kind === 2;

describe('a trace', () => {
  it('is one over two gateways back to back, whose roots end last, and holds no text and no key', async () => {
    const taken = await collector();
    const far = await gateway(taken.endpoint, () => undefined);
    const near = await gateway(taken.endpoint, (demo) => {
      demo.backends.shop = {
        type: 'upstream',
        dialect: 'agent-slug',
        baseUrl: far.url,
        apiKey: 'demo-key',
        agent: 'support-agent',
      };
    });
    const stream = await openStream(`${near.url}/v1/api/chat/support-agent`, {
      headers: { ...bearer, traceparent },
      json: { message: said, stream: true },
    });
    expect((await stream.rest()).length).toBeGreaterThan(1);
    await expect.poll(() => taken.spans().filter(isRoot).length, patience).toBe(2);
    const spans = taken.spans();
    expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
    expect(new Set(spans.map((span) => span.spanId)).size).toBe(spans.length);
    const childrenOf = ({ spanId }: CollectedSpan) => spans.filter(({ parentSpanId }) => parentSpanId === spanId);
    const below = (span: CollectedSpan): readonly CollectedSpan[] =>
      childrenOf(span).flatMap((child) => [child, ...(isRoot(child) ? [] : below(child))]);
    const [root] = spans.filter(({ parentSpanId }) => parentSpanId === '00f067aa0ba902b7');
    if (root === undefined) throw new Error('Nobody goes on with the trace of the client');
    expect(root.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/v1/api/chat/:slug',
      'http.response.status_code': '200',
      'gen_ai.conversation.id': expect.any(String),
      'dragoman.dialect': 'agent-slug',
    });
    const [chat] = childrenOf(root).filter(({ name }) => name.startsWith('chat '));
    expect(chat).toMatchObject({
      kind: 3,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'upstream',
        'gen_ai.request.stream': true,
        'gen_ai.response.time_to_first_chunk': expect.any(Number),
        'gen_ai.response.finish_reasons': ['stop'],
        'server.address': '127.0.0.1',
      },
    });
    const [attempt] = chat === undefined ? [] : childrenOf(chat);
    const [farRoot] = attempt === undefined ? [] : childrenOf(attempt);
    expect(farRoot?.kind).toBe(2);
    for (const one of [root, farRoot]) {
      const steps = one === undefined ? [] : below(one);
      expect(steps.filter(({ name }) => name.startsWith('store ')).length).toBeGreaterThan(1);
      for (const { endTimeUnixNano } of steps)
        expect(BigInt(endTimeUnixNano) <= BigInt(one?.endTimeUnixNano ?? 0)).toBe(true);
    }
    expect(taken.headers[0]).toMatchObject({ 'x-collector-key': 'collector-secret' });
    for (const word of ['canary', 'hoodie', 'demo-key', 'collector-secret'])
      expect(taken.bodies.join()).not.toContain(word);
  });

  it('has what a model was asked and took, its tools, and what failed', async () => {
    const taken = await collector();
    let asked = 0;
    const stub = await runStub((request, response) => {
      asked += 1;
      const call = {
        id: 'c1',
        type: 'function',
        function: { name: request.body.tools?.[0]?.function.name, arguments: '{}' },
      };
      const message =
        asked === 1 ? { role: 'assistant', content: null, tool_calls: [call] } : { role: 'assistant', content: said };
      if (asked > 2) json(response, { error: { message: said } }, 500);
      else
        json(response, {
          choices: [{ message, finish_reason: asked === 1 ? 'tool_calls' : 'stop' }],
          usage,
          model: 'm-2026',
        });
    });
    const usage = { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 };
    closing.push(stub.close);
    const { url } = await gateway(taken.endpoint, (demo) => {
      demo.backends.shop = {
        type: 'openai',
        baseUrl: `${stub.url}/v1`,
        model: 'm',
        apiKey: 'vendor-key',
        catalog: 'shop',
        retry: { attempts: 1 },
      };
    });
    await ask(url);
    await ask(url);
    await expect.poll(() => taken.spans().filter(isRoot).length, patience).toBe(2);
    const chats = taken.spans().filter(({ name }) => name === 'chat m');
    expect(chats[0]?.attributes).toMatchObject({
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'm',
      'gen_ai.response.model': 'm-2026',
      'gen_ai.usage.input_tokens': '24', // of both times that it was asked
      'gen_ai.usage.output_tokens': '6',
    });
    expect(taken.spans().filter(({ name }) => name === 'execute_tool')).toHaveLength(1);
    expect(chats[1]).toMatchObject({ status: { code: 2 }, attributes: { 'error.type': 'upstream-failed' } });
    expect(taken.spans().filter(isRoot)[1]).toMatchObject({ status: { code: 2 } });
    for (const word of ['canary', 'vendor-key']) expect(taken.bodies.join()).not.toContain(word);
  });

  it('is written down where a trusted proxy says so, or chance has it, and not where a stranger says so', async () => {
    const taken = await collector();
    const stranger = await gateway(taken.endpoint, () => undefined, '0%');
    await ask(stranger.url, { traceparent });
    const known = await gateway(taken.endpoint, behindProxy, '0%');
    await ask(known.url, { authorization: 'Bearer own-key', traceparent: `${traceparent.slice(0, -1)}0` });
    await ask(known.url, { authorization: 'Bearer own-key', traceparent });
    await expect.poll(() => taken.spans().filter(isRoot).length, patience).toBe(1);
    expect(taken.spans().filter(isRoot)[0]?.parentSpanId).toBe('00f067aa0ba902b7');
  });
});

describe('a collector that', () => {
  it.each([
    ['is not there', undefined],
    ['answers 500', (response: any) => response.writeHead(500).end()],
    ['never answers', () => undefined],
  ])('%s costs no answer, and what it does not take is counted', async (_what, answer) => {
    const taken = answer === undefined ? undefined : await collector(answer);
    const { url } = await gateway(taken?.endpoint ?? 'http://127.0.0.1:9/v1/traces', () => undefined);
    for (let turn = 0; turn < 20; turn += 1) expect((await ask(url)).status).toBe(200);
    const dropped = () => readMetric(url, 'dragoman_trace_spans_dropped_total');
    await expect.poll(dropped, patience).toBeGreaterThan(0);
  });
});
