import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { proxyOf } from '../../src/config/proxy.ts';
import { createAddressGuard, createOrigin } from '../../src/network/index.ts';
import { makeCertificate } from '../support/certificate.ts';
import { openStream, send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { readMetric } from '../support/metrics.ts';
import { runOverModel } from '../support/over-model.ts';
import { type VendorCall, vendorReplies } from '../support/vendor-replies.ts';
import { createRawServer, type RawRequest, type RawServer } from '../support/vendor-server.ts';

const headers = { authorization: 'Bearer demo-key' };
let server: RawServer;
let gateway: TestGateway | undefined;
beforeEach(async () => {
  server = await createRawServer();
});
afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
  await server.close();
});

const asking = (stream: boolean) => ({
  model: 'support-agent',
  messages: [{ role: 'user', content: 'a blue hoodie' }],
  stream,
});
const ask = ({ url }: TestGateway) => send('POST', `${url}/v1/chat/completions`, { headers, json: asking(false) });

const statusOf = ({ url }: TestGateway) =>
  send('GET', `${url}/admin/v1/backends`, { headers: { authorization: 'Bearer demo-admin' } });

const { whole, opening, delta, closing } = vendorReplies.openai;

describe('a model is asked as its settings say', () => {
  it('in body, address and path, by whom and with which name of the bound', async () => {
    gateway = await runOverModel('openai', server.url, {
      catalog: undefined,
      system: 'You are Kim.',
      maxTokens: 9,
      temperature: 1,
      body: { provider: { order: ['a'] }, temperature: null, stream_options: { more: true } },
      query: { 'api-version': '2024-10-21', q: 'a b' },
      path: '/models/x/chat',
      systemRole: 'developer',
      maxTokensName: 'max_completion_tokens',
      streaming: 'always',
      headers: { 'User-Agent': 'shop/1' },
    });
    const answer = ask(gateway);
    const asked = await server.next();
    expect([asked.path, asked.headers['user-agent']]).toEqual([
      '/v1/models/x/chat?api-version=2024-10-21&q=a+b',
      'shop/1',
    ]);
    expect(asked.json).toEqual({
      model: 'model-1',
      max_completion_tokens: 9,
      provider: { order: ['a'] },
      messages: [
        { role: 'developer', content: 'You are Kim.' },
        { role: 'user', content: 'a blue hoodie' },
      ],
      stream: true,
      stream_options: { include_usage: true, more: true },
    });
    asked.end(opening + delta('This ') + delta('one') + closing);
    expect((await answer).body.choices[0].message.content).toBe('This one');
  });

  it('is never asked for a stream, where it has none', async () => {
    gateway = await runOverModel('openai', server.url, { streaming: 'never' });
    const answer = openStream(`${gateway.url}/v1/chat/completions`, { headers, json: asking(true) });
    const asked = await server.next();
    expect([asked.json.stream, asked.json.stream_options]).toEqual([false, undefined]);
    asked.answer(200, whole('This one'));
    const frames = await (await answer).rest();
    expect(frames.map(({ data }) => data).join('')).toContain('This one');
  });

  it('with another key where one is refused or asked too often, which then rests', async () => {
    gateway = await runOverModel('openai', server.url, { apiKey: 'key-1', apiKeys: ['key-2', 'key-3'] });
    const used: (string | undefined)[] = [];
    const take = async (status: number) => {
      const asked = await server.next();
      used.push(asked.headers.authorization);
      if (status === 200) asked.answer(200, whole('Yes'));
      else asked.answer(status, { error: { message: 'No', type: 'x' } }, { 'retry-after': '60' });
    };
    const first = ask(gateway);
    await take(401);
    await take(429);
    await take(200);
    expect((await first).status).toBe(200);
    const second = ask(gateway);
    await take(200);
    await second;
    // A server that has no time has none for any key.
    const third = ask(gateway);
    await take(503);
    expect((await third).status).toBe(503);
    expect(used).toEqual(['key-1', 'key-2', 'key-3', 'key-3', 'key-3'].map((key) => `Bearer ${key}`));
    expect(JSON.stringify(gateway.logged)).not.toMatch(/key-[123]/);
  });

  it.each([
    [{ message: "Invalid schema for function 'a': Missing 'no api key'", type: 'invalid_request_error' }, 1],
    [{ message: "Unknown word 'insufficient quota'", code: 400 }, 1],
    [{ error: "Unknown word 'billing'", code: 'invalid_request_error' }, 1],
    [{ message: 'No', code: 'invalid_api_key' }, 2],
  ])('with another key for what a 400 is called, not for its words: %j', async (error, asked) => {
    gateway = await runOverModel('openai', server.url, { apiKey: 'key-1', apiKeys: ['key-2'] });
    const used: (string | undefined)[] = [];
    const serve = async (isTaken: (key: string | undefined) => boolean) => {
      const { headers: sent, answer } = await server.next();
      used.push(sent.authorization);
      if (isTaken(sent.authorization)) answer(200, whole('Yes'));
      else answer(400, { error });
    };
    const first = ask(gateway);
    for (let count = 0; count < asked; count += 1) await serve((key) => key === 'Bearer key-2');
    await first;
    for (const _ of [1, 2]) {
      const next = ask(gateway);
      await serve(() => true);
      expect((await next).status).toBe(200);
    }
    const expected = asked === 1 ? ['key-1', 'key-2', 'key-1'] : ['key-1', 'key-2', 'key-2', 'key-2'];
    expect(used).toEqual(expected.map((key) => `Bearer ${key}`));
  });

  it.each([
    ['openai', { stop: ['a', 'b'] }, "Invalid 'stop': array too long"],
    ['openai', { seed: 7 }, 'seed is not supported'],
    ['openai', { top_p: 0.5 }, "'top_p' is not supported"],
    ['openai', { reasoning_effort: 'temperature' }, "Unsupported value: 'reasoning_effort' is no 'temperature'"],
    ['openai', { temperature: 2 }, "'temperature' is too high"],
    ['anthropic', { temperature: 0.9 }, 'temperature: too high'],
    ['anthropic', { top_p: 0.5 }, '`temperature` and `top_p` cannot both be specified'],
  ] as const)(
    '%s: without what the client asked for and is refused, %j, for this once: %s',
    async (type, wish, message) => {
      gateway = await runOverModel(type, server.url, { temperature: 0.2 });
      const [name = ''] = Object.keys(wish);
      const wished = { ...asking(false), ...wish };
      for (const _ of [1, 2]) {
        const answer = send('POST', `${gateway.url}/v1/chat/completions`, { headers, json: wished });
        const first = await server.next();
        expect(first.json).toHaveProperty(name, Object.values(wish)[0]);
        first.answer(400, { error: { type: 'invalid_request_error', message } });
        const again = await server.next();
        expect(again.json.temperature).toBe(0.2);
        if (name !== 'temperature') expect(again.json).not.toHaveProperty(name);
        again.answer(200, vendorReplies[type].whole('Yes'));
        expect((await answer).status).toBe(200);
      }
      expect(await readMetric(gateway.metricsUrl, 'dragoman_backend_quirks_total')).toBe(0);
    },
  );

  it('and with what the configuration asks for, until that is refused by itself', async () => {
    gateway = await runOverModel('openai', server.url, { temperature: 1 });
    const refused = { error: { message: "Unsupported parameter: 'temperature'" } };
    const wished = { ...asking(false), temperature: 0.5 };
    const seen: unknown[] = [];
    const serve = async (status: number) => {
      const asked = await server.next();
      seen.push(asked.json.temperature);
      asked.answer(status, status === 200 ? whole('Yes') : refused);
    };
    const first = send('POST', `${gateway.url}/v1/chat/completions`, { headers, json: wished });
    for (const status of [400, 400, 200]) await serve(status);
    expect((await first).status).toBe(200);
    for (const statuses of [[400, 200], [200]]) {
      const next = ask(gateway);
      for (const status of statuses) await serve(status);
      expect((await next).status).toBe(200);
    }
    expect(seen).toEqual([0.5, 1, undefined, 1, undefined, undefined]);
  });

  it.each([
    ['openai', { reasoning_effort: 'high' }],
    ['anthropic', { top_p: 0.5 }],
  ] as const)('%s: without its own temperature only where that is refused beside %j', async (type, wish) => {
    gateway = await runOverModel(type, server.url, { temperature: 1 });
    const wished = { ...asking(false), ...wish };
    const answer = send('POST', `${gateway.url}/v1/chat/completions`, { headers, json: wished });
    (await server.next()).answer(400, { error: { message: "'temperature' is not supported here" } });
    const again = await server.next();
    expect(again.json).toMatchObject(wish);
    expect(again.json).not.toHaveProperty('temperature');
    again.answer(200, vendorReplies[type].whole('Yes'));
    expect((await answer).status).toBe(200);
    const plain = ask(gateway);
    const asked = await server.next();
    expect(asked.json.temperature).toBe(1);
    asked.answer(200, vendorReplies[type].whole('Yes'));
    await plain;
  });

  it('in another way once it is found out, which is counted', async () => {
    gateway = await runOverModel('openai', server.url, { temperature: 1 });
    const first = ask(gateway);
    (await server.next()).answer(400, {
      error: { message: "Unsupported parameter: 'temperature'", param: 'temperature' },
    });
    (await server.next()).answer(200, whole('Yes'));
    await first;
    const labels = { backend: 'llm', quirk: 'no-temperature' };
    expect(await readMetric(gateway.metricsUrl, 'dragoman_backend_quirks_total', labels)).toBe(1);
    expect((await statusOf(gateway)).body).toEqual({
      backends: [{ name: 'llm', kind: 'openai', breaker: 'closed', quirks: ['no-temperature'] }],
    });
  });

  it.each(['openai', 'anthropic'] as const)('with its quirks and its breaker in the status: %s', async (type) => {
    gateway = await runOverModel(type, server.url, { temperature: 1, breaker: { failures: 1, rest: '1m' } });
    const first = ask(gateway);
    (await server.next()).answer(400, { error: { message: 'temperature is not supported', param: 'temperature' } });
    (await server.next()).answer(200, vendorReplies[type].whole('Yes'));
    await first;
    const second = ask(gateway);
    (await server.next()).answer(503, {});
    await second;
    const quirks = ['no-temperature'];
    expect((await statusOf(gateway)).body.backends).toEqual([{ name: 'llm', kind: type, breaker: 'open', quirks }]);
  });

  it('of which what was configured is no quirk, nor anything of a backend that is made of others', async () => {
    gateway = await runOverModel('openai', server.url, { systemRole: 'developer' });
    await gateway.reload((demo) => {
      demo.backends.safe = { type: 'fallback', of: ['llm'] };
      demo.backends.split = { type: 'weighted', of: [{ backend: 'llm', weight: 1 }] };
    });
    expect((await statusOf(gateway)).body.backends).toEqual([
      { name: 'llm', kind: 'openai', breaker: 'closed', quirks: [] },
      { name: 'safe', kind: 'fallback', quirks: [] },
      { name: 'split', kind: 'weighted', quirks: [] },
    ]);
    await gateway.reload((demo) => (demo.admin.tokens[0].tenants = [demo.tenants[0].id]));
    expect((await statusOf(gateway)).status).toBe(403);
  });
});

describe('a proxy', () => {
  const seen: string[] = [];
  const proxy = createServer().on('connect', (request: IncomingMessage, socket: Socket) => {
    seen.push(`${request.url} ${request.headers['proxy-authorization']}`);
    const { port, hostname } = new URL(`http://${request.url}`);
    const there = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      there.pipe(socket).pipe(there);
    });
    for (const end of [there, socket]) end.on('error', () => [there, socket].forEach((each) => each.destroy()));
  });
  let address = '';
  beforeAll(async () => {
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    address = `http://ann:secret@127.0.0.1:${(proxy.address() as AddressInfo).port}`; // it listens on a port
  });
  afterAll(() => void proxy.close());

  it('is what the model is asked through', async () => {
    gateway = await runOverModel('openai', server.url, { proxy: address });
    const answer = ask(gateway);
    (await server.next()).answer(200, whole('Yes'));
    expect((await answer).status).toBe(200);
    expect(seen.splice(0)).toEqual([`${new URL(server.url).host} Basic ${btoa('ann:secret')}`]);
  });

  it('is no way to a metadata address, by whatever name', async () => {
    const addresses = createAddressGuard([], (_host, _options, found) =>
      found(null, [{ address: '169.254.169.254', family: 4 }]),
    );
    const origin = createOrigin({ baseUrl: 'http://metadata.example', connectMs: 1_000, addresses, proxy: address });
    const { signal } = new AbortController();
    const asking = origin.send({ method: 'GET', path: '/', headers: {} }, signal);
    await expect(asking).rejects.toMatchObject({ code: 'upstream-rejected' });
    expect(seen).toEqual([]);
    await origin.close();
  });

  it.each([
    ['https://api.example/v1', { HTTPS_PROXY: 'http://p:1' }, 'http://p:1'],
    ['https://api.example/v1', { https_proxy: 'p:1' }, 'http://p:1'],
    ['http://api.example/v1', { HTTPS_PROXY: 'http://p:1' }, undefined],
    ['https://127.0.0.1:1/v1', { HTTPS_PROXY: 'http://p:1' }, undefined],
    ['https://api.example/v1', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'other, .example' }, undefined],
    ['https://api.example/v1', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'api.example:8443,i.example' }, 'http://p:1'],
    ['https://api.example/v1', { HTTPS_PROXY: 'http://p:1', no_proxy: '*' }, undefined],
  ] as const)('of the environment is heeded: %s with %j', (baseUrl, env, expected) => {
    expect(proxyOf({ baseUrl, configured: undefined, env })).toBe(expected);
    expect(proxyOf({ baseUrl, configured: 'none', env })).toBeUndefined();
  });
});

describe('a server that wants to see a certificate', () => {
  const ours = makeCertificate();
  const theirs = makeCertificate();

  it.runIf(ours && theirs)('is shown ours, and taken by the authority that is named alone', async () => {
    if (ours === undefined || theirs === undefined) return;
    const pem = (file: string) => readFileSync(file, 'utf8');
    const vendor = createTlsServer(
      { key: pem(theirs.key), cert: pem(theirs.certificate), ca: pem(ours.certificate), requestCert: true },
      (request, response) => {
        request.resume();
        response.setHeader('content-type', 'application/json').end(JSON.stringify(whole('Yes')));
      },
    );
    await new Promise<void>((resolve) => vendor.listen(0, '127.0.0.1', resolve));
    const url = `https://127.0.0.1:${(vendor.address() as AddressInfo).port}`;
    const statusWith = async (settings: object) => {
      const one = await runOverModel('openai', url, settings);
      const { status } = await ask(one);
      await one.close();
      return status;
    };
    const known = { ca: theirs.certificate, cert: pem(ours.certificate), key: ours.key };
    expect([await statusWith(known), await statusWith({ ca: theirs.certificate }), await statusWith({})]).toEqual([
      200, 502, 503,
    ]);
    vendor.closeAllConnections();
    vendor.close();
  });
});

const search: VendorCall = { id: '', name: 'search_catalog', arguments: '{"query":"blue hoodie"}' };
const callOf = (more: object, ofCall: object = {}) => ({
  choices: [
    {
      index: 0,
      message: {
        role: 'assistant',
        content: null,
        ...more,
        tool_calls: [
          { id: search.id, type: 'function', function: { name: search.name, arguments: search.arguments }, ...ofCall },
        ],
      },
      finish_reason: 'tool_calls',
    },
  ],
});
const refusal = (message: string) => ({ error: { message, type: 'invalid_request_error' } });
const signature = { extra_content: { google: { thought_signature: 'c2ln' } } };

/** How each server answers: what it sends for a request, or what it refuses it with. */
const servers: Readonly<
  Record<string, { path: string; answer(request: RawRequest): readonly [number, unknown] | string }>
> = {
  azure: {
    path: '/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21',
    answer: ({ headers: { 'api-key': key, authorization } }) =>
      key === 'vendor-key' && authorization === undefined ? [200, whole('Here')] : [401, refusal('Access denied')],
  },
  gemini: {
    path: '/v1beta/openai/chat/completions',
    answer({ json: { messages } }) {
      const made = messages.find(({ tool_calls: calls }: any) => calls);
      if (made === undefined) return [200, callOf({}, signature)];
      const isWhole = made.tool_calls[0].extra_content?.google.thought_signature === 'c2ln';
      return isWhole ? [200, whole('Here')] : [400, [refusal('Function call is missing a thought_signature')]];
    },
  },
  deepseek: {
    path: '/chat/completions',
    answer({ json: { messages } }) {
      const made = messages.find(({ tool_calls: calls }: any) => calls);
      if (made === undefined) return [200, callOf({ reasoning_content: 'Let me look' })];
      return made.reasoning_content === 'Let me look'
        ? [200, whole('Here')]
        : [400, refusal('Missing `reasoning_content`')];
    },
  },
  openrouter: {
    path: '/api/v1/chat/completions',
    answer: ({ json, headers: { 'http-referer': referer } }) =>
      json.provider?.data_collection === 'deny' && referer === 'https://shop.example'
        ? `: OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n${delta('Here')}${closing}`
        : [400, refusal('No endpoints found')],
  },
  vllm: {
    path: '/v1/chat/completions',
    answer({ json: { tools, chat_template_kwargs: given } }) {
      if (tools) return [400, refusal('"auto" tool choice requires --enable-auto-tool-choice')];
      return given?.enable_thinking === false ? [200, whole('Here')] : [200, whole('</think>')];
    },
  },
  llamacpp: {
    path: '/v1/chat/completions',
    answer: ({ json: { messages, tools } }) =>
      tools && !messages.some(({ role }: any) => role === 'tool') ? [200, callOf({})] : [200, whole('Here')],
  },
  ollama: {
    path: '/v1/chat/completions',
    answer({ json: { messages, reasoning_effort: effort }, headers: { authorization } }) {
      if (authorization !== undefined || effort !== 'none') return [400, refusal('think value is not supported')];
      return messages.some(({ role }: any) => role === 'tool') ? [200, whole('Here')] : [200, callOf({ content: '' })];
    },
  },
  lmstudio: {
    path: '/v1/chat/completions',
    answer: ({ json: { stream } }) => (stream ? opening + delta('Here') + closing : [500, refusal('Channel Error')]),
  },
};

const page = readFileSync(new URL('../../docs/backends.md', import.meta.url), 'utf8');
const [, text = ''] = /<!-- examples[^>]*-->\n+```yaml\n([^]*?)```/.exec(page) ?? [];
// Backends by name, as the page has them.
const examples = parse(text.replace(/\$\{\w+\}/g, 'vendor-key')) as Readonly<
  Record<string, { readonly baseUrl: string }>
>;

describe('the examples of the page on backends', () => {
  it('are of every server that is behaved as', () => {
    expect(Object.keys(examples)).toEqual(Object.keys(servers));
  });

  it.each(Object.entries(servers))('answer over a server like %s', async (name, { path, answer }) => {
    const example = examples[name] ?? { baseUrl: '' };
    const { pathname } = new URL(example.baseUrl);
    gateway = await runGateway({
      configure(demo) {
        const baseUrl = `${server.url}${pathname.replace(/\/$/, '')}`;
        demo.backends = { llm: { ...example, baseUrl } };
        for (const agent of demo.tenants[0].agents) agent.route = { backend: 'llm' };
      },
    });
    const serve = async () => {
      for (;;) {
        const asked = await server.next();
        const given = asked.path === path ? answer(asked) : ([404, refusal(asked.path)] as const);
        if (typeof given === 'string') asked.end(given);
        else asked.answer(given[0], given[1]);
      }
    };
    void serve();
    const { status, body } = await ask(gateway);
    expect([status, body.choices?.[0].message.content]).toEqual([200, 'Here']);
  });
});
