import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Backend } from '../../../../src/backends/backend.ts';
import { GatewayError } from '../../../../src/errors/index.ts';
import { vendorReplies } from '../../../support/vendor-replies.ts';
import { createRawServer, type RawServer } from '../../../support/vendor-server.ts';
import { callOf, contextOf, turnOf } from '../catalog/conversation.ts';
import { answerOf, outcomeOf, replyTo, type Vendor, type VendorOptions, vendorBackend, vendors } from './vendors.ts';

let server: RawServer;
const opened: Backend[] = [];

beforeEach(async () => {
  server = await createRawServer();
});
afterEach(async () => {
  for (const backend of opened.splice(0)) await backend.close?.();
  await server.close();
});

function open(vendor: Vendor, rest: Omit<VendorOptions, 'url'> = {}): Backend {
  const backend = vendorBackend(vendor, { url: server.url, ...rest });
  opened.push(backend);
  return backend;
}

const models = { openai: 'gpt-test-0613', anthropic: 'claude-test-1' };
const usage = { inputTokens: 7, outputTokens: 5, totalTokens: 12 };

describe.each(vendors)('%s', (vendor) => {
  const { path, whole, opening, delta, closing, failure } = vendorReplies[vendor];
  const stream = `${opening}${delta('Grüße, ')}${delta('👋 da')}${closing}`;

  it('answers a plain turn with one document, model and usage from the wire', async () => {
    const reply = replyTo(open(vendor), { text: 'Hello', delivery: 'whole' });
    const asked = await server.next();
    asked.answer(200, whole('Hi there'));
    expect(await reply).toMatchObject({ text: 'Hi there', finishReason: 'stop', model: models[vendor], usage });
    expect(asked).toMatchObject({ method: 'POST', path });
    expect(asked.json).toMatchObject({ model: 'model-1', stream: false });
  });

  it('passes the first words on before the next ones are there (failures 3, 9)', async () => {
    const reading = answerOf(open(vendor), { text: 'Hello' })[Symbol.asyncIterator]();
    const first = reading.next();
    const asked = await server.next();
    asked.write(opening + delta('one'));
    expect((await first).value?.map(({ type }) => type)).toEqual(['reply-start', 'text-delta']);
    asked.write(delta('two') + delta('three'));
    expect((await reading.next()).value).toEqual([
      { type: 'text-delta', text: 'two' },
      { type: 'text-delta', text: 'three' },
    ]);
    asked.end(closing);
    expect((await reading.next()).value).toEqual([
      { type: 'reply-end', finishReason: 'stop', model: models[vendor], usage },
    ]);
    expect((await reading.next()).done).toBe(true);
  });

  it('reads bytes that are cut anywhere, in the middle of a character too (failures 1, 4, 5)', async () => {
    const backend = open(vendor);
    const bytes = new TextEncoder().encode(stream);
    const cuts = Array.from({ length: 40 }, (_, at) => Math.floor(((at + 1) * bytes.length) / 41));
    for (const cut of cuts) {
      const reply = replyTo(backend, { text: 'Hello' });
      const asked = await server.next();
      asked.write(bytes.slice(0, cut));
      await new Promise(setImmediate);
      asked.end(bytes.slice(cut));
      expect(await reply, `cut at ${cut}`).toMatchObject({ text: 'Grüße, 👋 da', usage });
    }
    // What ended in good order keeps its connection; a second one is opened where the first is not free at once.
    expect(server.accepted()).toBeLessThan(4);
  });

  it.each([
    ['comments', (text: string) => `: ping\n\n${text.replaceAll('\n\n', '\n\n: keep-alive\n\n')}`],
    ['CRLF', (text: string) => text.replaceAll('\n', '\r\n')],
    ['a byte order mark', (text: string) => `\uFEFF${text}`],
    ['no space after the colon', (text: string) => text.replaceAll('data: ', 'data:')],
    ['no last blank line', (text: string) => text.replace(/\n+$/, '\n')],
  ])('reads streams with %s (failures 2, 6, 7)', async (_, change) => {
    const reply = replyTo(open(vendor), { text: 'Hello' });
    (await server.next()).end(change(stream));
    expect(await reply).toMatchObject({ text: 'Grüße, 👋 da', usage });
  });

  it('reads compressed streams', async () => {
    const reply = replyTo(open(vendor), { text: 'Hello' });
    const asked = await server.next();
    asked.head(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' });
    asked.end(gzipSync(stream));
    expect(await reply).toMatchObject({ text: 'Grüße, 👋 da' });
  });

  it('an answer of the other kind than was asked for is read as what it is', async () => {
    const backend = open(vendor);
    const streamed = replyTo(backend, { text: 'Hello', delivery: 'whole' });
    (await server.next()).end(stream);
    expect(await streamed).toMatchObject({ text: 'Grüße, 👋 da' });
    const plain = replyTo(backend, { text: 'Hello', delivery: 'stream' });
    (await server.next()).answer(200, whole('Hi'));
    expect(await plain).toMatchObject({ text: 'Hi' });
  });

  it('an end mark ends the reply, though the server keeps the response open', async () => {
    const reply = replyTo(open(vendor), { text: 'Hello' });
    const asked = await server.next();
    asked.write(stream);
    expect(await reply).toMatchObject({ text: 'Grüße, 👋 da' });
    expect(await asked.closed).toBe('broken');
  });

  it.each([
    ['after no word', ''],
    ['after some', delta('Half an ans')],
    ['in the middle of a frame', delta('Half an ans').slice(0, -9)],
  ])('a stream that stops %s is an error, not a short answer (failure 11)', async (_, said) => {
    const outcome = outcomeOf(answerOf(open(vendor), { text: 'Hello' }));
    (await server.next()).end(opening + said);
    const { events, error } = await outcome;
    expect(error).toMatchObject({ code: 'upstream-protocol' });
    expect(events.some(({ type }) => type === 'reply-end')).toBe(false);
  });

  it('a connection that breaks is an error', async () => {
    const reading = answerOf(open(vendor), { text: 'Hello' })[Symbol.asyncIterator]();
    const first = reading.next();
    const asked = await server.next();
    asked.write(opening + delta('Half'));
    await first;
    asked.destroy();
    await expect(reading.next()).rejects.toMatchObject({ code: 'upstream-failed' });
  });

  it.each([
    ['at once', ''],
    ['after words', delta('So ')],
  ])('an error in a 200 stream, %s, is an error before or after the first event (failures 17, 18)', async (_, said) => {
    const outcome = outcomeOf(answerOf(open(vendor), { text: 'Hello' }));
    (await server.next()).end(opening + said + failure('server_error') + closing);
    const { events, error } = await outcome;
    expect(error).toMatchObject({ code: 'upstream-failed' });
    expect(events.map(({ type }) => type)).toEqual(said === '' ? [] : ['reply-start', 'text-delta']);
    expect(String(error.message)).not.toContain('secret');
  });

  it.each([
    ['overloaded_error', 'upstream-unavailable'],
    ['rate_limit_error', 'upstream-unavailable'],
    ['invalid_request_error', 'upstream-rejected'],
    ['timeout_error', 'upstream-timeout'],
  ])('%s in a stream is %s (failure 17)', async (type, code) => {
    const outcome = outcomeOf(answerOf(open(vendor), { text: 'Hello' }));
    (await server.next()).end(opening + failure(type));
    expect((await outcome).error).toMatchObject({ code });
  });

  it.each([
    ['not JSON', 'data: {"choices": [oops]}\n\n'],
    ['no object', 'data: 42\n\n'],
  ])('a frame that is %s is refused, and not repeated (failure 6)', async (_, frame) => {
    const outcome = outcomeOf(answerOf(open(vendor), { text: 'Hello' }));
    (await server.next()).end(opening + delta('So ') + frame + closing);
    const { error } = await outcome;
    expect(error).toMatchObject({ code: 'upstream-protocol' });
    expect(String(error.message) + String(error.cause)).not.toContain('oops');
  });

  it.each([
    [400, 'upstream-rejected'],
    [401, 'unauthorised-key'],
    [404, 'upstream-rejected'],
    [408, 'upstream-timeout'],
    [429, 'upstream-unavailable'],
    [500, 'upstream-failed'],
    [503, 'upstream-unavailable'],
    [529, 'upstream-unavailable'],
    [302, 'upstream-rejected'],
  ])('status %i is %s, in our own words', async (status, code) => {
    const outcome = outcomeOf(answerOf(open(vendor), { text: 'Hello' }));
    const error = { type: 'some_error', message: 'You said Hello with the key vendor-key' };
    (await server.next()).answer(status, { type: 'error', error }, { location: '/', 'retry-after': '7' });
    const failed = (await outcome).error;
    expect(failed).toMatchObject({ code });
    expect(failed.message).not.toMatch(/Hello|vendor-key/);
    if (code === 'upstream-unavailable') expect(failed.details.retryAfterMs).toBe(7_000);
  });

  it('an error page that is not JSON is known by its status', async () => {
    const outcome = outcomeOf(answerOf(open(vendor), { text: 'Hello' }));
    const asked = await server.next();
    asked.head(502, { 'content-type': 'text/html' });
    asked.end('<h1>Bad gateway</h1>');
    expect((await outcome).error).toMatchObject({ code: 'upstream-failed' });
  });

  it.each(['whole', 'stream'] as const)(
    'who leaves stops the vendor, delivery %s (failures 21, 22, 23)',
    async (delivery) => {
      const controller = new AbortController();
      const outcome = outcomeOf(answerOf(open(vendor), { text: 'Hello', delivery }, { signal: controller.signal }));
      const asked = await server.next();
      controller.abort(new GatewayError('client-closed', 'The client left'));
      expect(await asked.closed).toBe('broken');
      expect((await outcome).error).toMatchObject({ code: 'client-closed' });
    },
  );

  it('what was sent is told once, though who reads leaves while the next words are awaited', async () => {
    const controller = new AbortController();
    let told = 0;
    const context = { ...contextOf(), sent: () => void (told += 1) };
    const reading = open(vendor).answer(turnOf('Hello'), context, callOf(controller.signal))[Symbol.asyncIterator]();
    const first = reading.next();
    const asked = await server.next();
    asked.write(opening + delta('one'));
    await first;
    const next = reading.next();
    controller.abort(new GatewayError('client-closed', 'The client left'));
    await Promise.all([expect(next).rejects.toMatchObject({ code: 'client-closed' }), reading.return?.()]);
    expect(told).toBe(1);
    expect(await asked.closed).toBe('broken');
  });

  it('who reads no further stops the vendor too (failure 26)', async () => {
    const reading = answerOf(open(vendor), { text: 'Hello' });
    const first = reading.next();
    const asked = await server.next();
    asked.write(opening + delta('one'));
    await first;
    await reading.return();
    expect(await asked.closed).toBe('broken');
  });
});

describe('servers that speak like openai', () => {
  const frame = (json: unknown) => `data: ${JSON.stringify(json)}\n\n`;
  const say = (delta: object | null, finish?: string) => frame({ choices: [{ delta, finish_reason: finish }] });

  it.each([
    ['no usage, no role, no model', `${say({ content: 'Hi' })}${say({}, 'stop')}data: [DONE]\n\n`],
    [
      'null content, and usage that is null',
      `${frame({ choices: [{ delta: { content: null } }], usage: null })}${say({ content: 'Hi' }, 'stop')}data: [DONE]\n\n`,
    ],
    ['no delta, and an own word for the end', `${say({ content: 'Hi' })}${say(null, 'eos')}data: [DONE]\n\n`],
    ['[DONE] alone for the end', `${say({ content: 'Hi' })}data: [DONE]\n\n`],
    ['no [DONE]', `${say({ content: 'Hi' })}${say({}, 'stop')}`],
    ['content in parts', `${say({ content: [{ type: 'text', text: 'Hi' }] }, 'stop')}data: [DONE]\n\n`],
    [
      'reasoning beside the text',
      `${say({ reasoning_content: 'Hm' })}${say({ content: 'Hi', x: [1] }, 'stop')}data: [DONE]\n\n`,
    ],
  ])('may have %s', async (_, stream) => {
    const reply = replyTo(open('openai'), { text: 'Hello' });
    (await server.next()).end(stream);
    expect(await reply).toMatchObject({ text: 'Hi', finishReason: 'stop' });
  });

  it.each([
    ['an error that is text', frame({ error: 'out of memory' }), 'upstream-failed'],
    ['an error with a status', frame({ error: { message: 'no', code: 503 } }), 'upstream-unavailable'],
    ['an error that is the whole frame', frame({ object: 'error', message: 'no', code: 400 }), 'upstream-rejected'],
    ['an answer that was broken off', say({ content: 'Hi' }, 'abort'), 'upstream-failed'],
  ])('fail by %s (failure 17)', async (_, stream, code) => {
    const outcome = outcomeOf(answerOf(open('openai'), { text: 'Hello' }));
    (await server.next()).end(`${stream}data: [DONE]\n\n`);
    expect((await outcome).error).toMatchObject({ code });
  });

  it('fail by a document without a choice', async () => {
    const outcome = outcomeOf(answerOf(open('openai'), { text: 'Hello', delivery: 'whole' }));
    (await server.next()).answer(200, { choices: [] });
    expect((await outcome).error).toMatchObject({ code: 'upstream-protocol' });
  });

  it.each([
    ['length', 'length'],
    ['content_filter', 'content-filter'],
  ])('end by %s', async (word, finishReason) => {
    const reply = replyTo(open('openai'), { text: 'Hello' });
    (await server.next()).end(`${say({ content: 'Hi' }, word)}data: [DONE]\n\n`);
    expect(await reply).toMatchObject({ finishReason });
  });
});
