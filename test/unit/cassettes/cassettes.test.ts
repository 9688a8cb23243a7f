import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRecorder, play, readCassette, type TextPolicy } from '../../../src/cassettes/index.ts';
import type { Dialect } from '../../../src/dialects/dialect.ts';
import { dialects } from '../../../src/dialects/registry.ts';
import { runTap } from '../../support/recording-tap.ts';
import { runStub } from '../../support/stub-upstream.ts';

let folder = '';
let file = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cassettes-'));
  file = join(folder, 'one.ndjson');
});
afterEach(() => rm(folder, { recursive: true }));

const named = (name: string): Dialect => {
  const found = dialects.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no dialect is called ${name}`);
  return found;
};
const openRecorder = (text: TextPolicy = 'keep', maxBytes = 1e9) => createRecorder({ file, text, maxBytes });

interface Heard {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly chunks: readonly Buffer[];
  readonly failure?: string;
}

/** One answer, in the pieces that it came in. */
const hear = (url: string, body?: string, headers: Record<string, string> = {}): Promise<Heard> =>
  new Promise((resolve, reject) => {
    const asked = request(
      url,
      {
        method: body === undefined ? 'GET' : 'POST',
        agent: false,
        headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      },
      (answer) => {
        asked.removeAllListeners('error').on('error', () => undefined); // the answer has it, too
        const chunks: Buffer[] = [];
        const { statusCode: status = 0, headers: heard } = answer;
        answer.on('data', (bytes: Buffer) => chunks.push(bytes));
        answer.on('end', () => resolve({ status, headers: heard, chunks }));
        answer.on('error', (failure) => resolve({ status, headers: heard, chunks, failure: failure.message }));
      },
    );
    asked.on('error', reject);
    asked.end(body);
  });

const path = '/v1/chat/completions';
const question = JSON.stringify({ model: 'shop', stream: true, messages: [{ role: 'user', content: 'Größe L?' }] });
const pieces = [
  Buffer.from('data: {"choices":[{"delta":{"content":"Gr'),
  Buffer.from('ö').subarray(0, 1),
  Buffer.concat([Buffer.from('ö').subarray(1), Buffer.from('ße L 👕"}}]}\n\n')]),
  Buffer.from('data: {"choices":[{"delta":{"content":" ist da"}}]}\n\ndata: [DONE]\n\n'),
];

/** Sends the pieces one by one, each only when the one before has been taken, then ends as it is told. */
const sending = (end: 'whole' | 'cut' | 'reset') =>
  runStub((_received, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'x-of-the-server': 'yes' });
    const next = (index: number): void => {
      const piece = pieces[index];
      if (piece !== undefined) response.write(piece, () => setTimeout(() => next(index + 1), 15));
      else if (end === 'whole') response.end();
      else if (end === 'reset') response.socket?.resetAndDestroy();
      else response.socket?.end();
    };
    next(0);
  });

describe('what was recorded', () => {
  it.each(['whole', 'cut', 'reset'] as const)(
    'is played in the same bytes and pieces, to the same end: %s',
    async (end) => {
      const server = await sending(end);
      const recorder = await openRecorder();
      const tap = await runTap(server.url, named('openai'), recorder);
      const live = await hear(`${tap.url}${path}`, question, { authorization: 'Bearer key-of-the-run' });
      await recorder.close();
      for (const pace of ['fast', 'real'] as const) {
        const player = await play({ file, port: 0, pace });
        const played = await hear(`${player.url}${path}`, question, { authorization: 'Bearer key-of-the-run' });
        expect(played.chunks).toEqual(live.chunks);
        expect(played.chunks).toEqual(pieces);
        expect(played.failure === undefined).toBe(end === 'whole');
        expect(played.headers['x-of-the-server']).toBe('yes');
        await player.close();
      }
      await tap.close();
      await server.close();
    },
  );

  it('is given in order, the last one again and again, and only to what is like it', async () => {
    let count = 0;
    const server = await runStub((_received, response) => {
      count += 1;
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ count }));
    });
    const recorder = await openRecorder();
    const tap = await runTap(server.url, named('openai'), recorder);
    const other = question.replace('L?', 'M?');
    for (const body of [question, other, question]) await hear(`${tap.url}${path}`, body);
    await recorder.close();
    const player = await play({ file, port: 0, pace: 'fast' });
    const counts: unknown[] = [];
    for (const body of [question, question, question, other])
      counts.push(JSON.parse(Buffer.concat((await hear(`${player.url}${path}`, body)).chunks).toString()));
    expect(counts).toEqual([{ count: 1 }, { count: 3 }, { count: 3 }, { count: 2 }]);
    expect((await hear(`${player.url}/v1/nothing`)).status).toBe(404);
    await Promise.all([player.close(), tap.close(), server.close()]);
  });
});

/** Every place of every dialect in which a secret can stand, with one of the run in it. */
const places = dialects.flatMap(
  (dialect): (readonly [string, Dialect, string, Record<string, string>, object, string])[] => {
    const { credential, endpoints } = dialect;
    const send = endpoints.find(({ method }) => method === 'POST')?.paths[0]?.replace(/:\w+/g, 'abc') ?? '';
    const secret = 'sekret/of the+run=7';
    const escaped = encodeURIComponent(secret);
    if (credential.kind === 'site') {
      const { siteFields, sessionFields, identity } = credential;
      const fields = [...siteFields, ...sessionFields, ...identity.hashFields, ...identity.tokenFields];
      return fields.map((field) => [
        `${dialect.name} ${field}`,
        dialect,
        `${send}?${field}=${escaped}`,
        {},
        { [field]: secret },
        secret,
      ]);
    }
    return credential.headers.map((header) => [
      `${dialect.name} ${header}`,
      dialect,
      `${send}?${credential.socketQuery ?? 'api_key'}=${escaped}`,
      {
        [header]: header === 'authorization' ? `Bearer ${secret}` : secret,
        cookie: `sid=${secret}`,
        'x-own-token': secret,
      },
      { api_key: secret },
      secret,
    ]);
  },
);

describe('secrets', () => {
  it.each(places)('are nowhere in a cassette: %s', async (_name, dialect, target, headers, body, secret) => {
    for (const text of ['keep', 'mask'] as const) {
      const server = await runStub((_received, response) => {
        response.writeHead(200, {
          'content-type': 'application/json',
          'set-cookie': `sid=${secret}`,
          'x-echo': secret,
        });
        response.write(JSON.stringify({ echo: `you said ${secret}` }).slice(0, 20), () =>
          setTimeout(() => response.end(JSON.stringify({ echo: `you said ${secret}`, token: secret }).slice(20)), 10),
        );
      });
      const recorder = await openRecorder(text);
      const tap = await runTap(server.url, dialect, recorder);
      await hear(`${tap.url}${target}`, JSON.stringify({ ...body, message: `my words and ${secret}` }), headers);
      await recorder.close();
      await Promise.all([tap.close(), server.close()]);
      const written = await readFile(file, 'utf8');
      expect(written).toContain(dialect.name);
      for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64'), 'sekret'])
        expect(written).not.toContain(form);
    }
  });

  it('leave a file that only its owner reads', async () => {
    await (await openRecorder()).close();
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('and contacts, pictures and what is none of the dialect’s are not recorded', async () => {
    const recorder = await openRecorder();
    for (const target of ['/api/v1/chat/email', '/api/v1/chat/contact', '/api/v1/chat/upload-image', '/elsewhere'])
      expect(recorder.begin(named('widget'), { method: 'POST', target, headers: {} })).toBeUndefined();
    expect(recorder.skipped.operation).toBe(4);
    await recorder.close();
  });
});

/** An exchange of these words, recorded; gives its line. */
async function recorded(words: string, text: TextPolicy, sent = JSON.stringify({ message: words })) {
  const recorder = await openRecorder(text);
  const recording = recorder.begin(named('item-discovery'), { method: 'POST', target: '/v1/chat', headers: {} });
  recording?.sent(Buffer.from(sent));
  recording?.head(200, { 'content-type': 'application/json' });
  const bytes = Buffer.from(
    JSON.stringify({ conversation_id: 'c-7', message: words, items: [{ item_id: 'A1', title: words }] }),
  );
  for (let at = 0; at < bytes.length; at += 7) recording?.chunk(bytes.subarray(at, at + 7));
  recording?.end('whole');
  await recorder.close();
  const found = [];
  for await (const { exchange } of readCassette(file)) found.push(exchange);
  return found;
}

const lengths = (chunks: readonly { readonly text?: string; readonly base64?: string }[]) =>
  chunks.map(({ text, base64 }) => Buffer.from(base64 ?? text ?? '', base64 === undefined ? 'utf8' : 'base64').length);

describe('masked text', () => {
  it('is as long as what people wrote, in the same pieces, and says nothing of it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1 }), fc.boolean(), async (words, escapes) => {
        await rm(file, { force: true });
        const escaped = JSON.stringify({ message: words }).replace(/[^\0-~]/g, (unit) =>
          escapes ? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}` : unit,
        );
        const [kept] = await recorded(words, 'keep', escaped);
        await rm(file);
        const [masked] = await recorded(words, 'mask', escaped);
        expect(lengths(masked?.answer.chunks ?? [])).toEqual(lengths(kept?.answer.chunks ?? []));
        const said = String(Object(JSON.parse(masked?.request.body.text ?? '')).message);
        expect(said.replace(/[xXø字𠀀0]|\P{L}/gu, '')).toBe('');
        if (!escapes)
          expect(said.match(/[\p{L}\p{M}\p{N}]/gu)?.length).toBe(words.match(/[\p{L}\p{M}\p{N}]/gu)?.length);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps the ids by which a dialogue goes on', async () => {
    const [exchange] = await recorded('Call me at 0170 1234567, Jane', 'mask');
    const answer = exchange?.answer.chunks.map(({ text }) => text).join('') ?? '';
    expect(JSON.parse(answer)).toEqual({
      conversation_id: 'c-7',
      message: 'Xxxx xx xx 0000 0000000, Xxxx',
      items: [{ item_id: 'A1', title: 'Xxxx xx xx 0000 0000000, Xxxx' }],
    });
  });

  it('hides what cannot be parsed, whatever it is', async () => {
    const [exchange] = await recorded('a', 'mask', '{"message":"my secret plan');
    expect(exchange?.request.body.text).toBe('{"xxxxxxx":"xx xxxxxx xxxx');
  });
});

describe('a cassette', () => {
  it('that was cut off anywhere is read up to there, packed or not, and can be written on', async () => {
    await recorded('one', 'keep');
    await recorded('two', 'keep');
    const whole = await readFile(file);
    const counted = async (): Promise<number> => {
      let count = 0;
      for await (const { exchange } of readCassette(file)) count += exchange.cassette;
      return count;
    };
    const lines = [...whole.toString('latin1').matchAll(/\}(?=\n)/g)].map(({ index }) => index + 1);
    for (let cut = 0; cut <= whole.length; cut += 1) {
      await writeFile(file, whole.subarray(0, cut));
      expect(await counted(), `cut at ${cut}`).toBe(lines.filter((end) => end <= cut).length);
    }
    const packed = gzipSync(whole);
    for (let cut = 2; cut <= packed.length; cut += 7) {
      await writeFile(file, packed.subarray(0, cut));
      expect(await counted()).toBeLessThanOrEqual(2);
    }
    await writeFile(file, packed);
    expect(await counted()).toBe(2);
    await writeFile(file, whole.subarray(0, whole.length - 40));
    await recorded('three', 'keep');
    expect(await counted()).toBe(2);
  });

  it('takes no more than it may', async () => {
    const recorder = await openRecorder('keep', 500);
    const head = { method: 'POST', target: '/v1/chat', headers: {} };
    for (let index = 0; index < 10; index += 1) recorder.begin(named('item-discovery'), head)?.end('reset');
    const long = recorder.begin(named('item-discovery'), head);
    await recorder.close();
    expect(long).toBeUndefined();
    expect(recorder.skipped.full).toBeGreaterThan(0);
    expect((await stat(file)).size).toBeLessThan(1_000);
  });

  it('of 100,000 exchanges is written and read with a heap of 40 MB', async () => {
    const script = `
      import { createRecorder, readCassette } from ${JSON.stringify(join(process.cwd(), 'dist/cassettes/index.js'))};
      import { dialects } from ${JSON.stringify(join(process.cwd(), 'dist/dialects/registry.js'))};
      const dialect = dialects.find(({ name }) => name === 'item-discovery');
      const recorder = await createRecorder({ file: ${JSON.stringify(file)}, text: 'mask', maxBytes: 1e9 });
      for (let index = 0; index < 100_000; index += 1) {
        const recording = recorder.begin(dialect, { method: 'POST', target: '/v1/chat', headers: {} });
        recording.sent(Buffer.from('{"message":"hello"}'));
        recording.head(200, {});
        recording.chunk(Buffer.from('{"message":"hello, too"}'));
        recording.end('whole');
        if (index % 500 === 0) await new Promise(setImmediate);
      }
      await recorder.close();
      let count = 0;
      for await (const { exchange } of readCassette(${JSON.stringify(file)})) count += exchange.cassette;
      console.log(count, JSON.stringify(recorder.skipped));
    `;
    await appendFile(join(folder, 'many.mjs'), script);
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--max-old-space-size=40',
      join(folder, 'many.mjs'),
    ]);
    expect(stdout).toMatch(/^100000 /);
  }, 120_000);
});
