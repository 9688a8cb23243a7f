import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CostedGateway, startCosted } from '../support/costed-gateway.ts';
import { makeKnown } from '../support/fuzz-gateway.ts';
import { goodRequests, type Known, knownUser, secrets, served, toRaw } from '../support/fuzz-requests.ts';
import { openConnection, type RawRequest, toBytes } from '../support/fuzz-wire.ts';
import { openSocket } from '../support/socket.ts';

let gateway: CostedGateway;
let known: Known;
beforeAll(async () => {
  gateway = await startCosted({ answeredBy: 'catalogue' });
  known = await makeKnown(gateway);
});
afterAll(() => gateway.close());

/** CPU that one input may cost the gateway's process, in milliseconds. */
const maxCpuMs = 100;

async function expectCheap(what: string, run: () => Promise<unknown>): Promise<void> {
  const { cpuMs } = await gateway.leastCostOf(run, { tries: 6, enoughMs: maxCpuMs / 2 });
  expect(cpuMs, what).toBeLessThanOrEqual(maxCpuMs);
}

async function send(request: RawRequest): Promise<number | undefined> {
  const connection = await openConnection(gateway.url);
  connection.send(toBytes({ ...request, headers: { connection: 'close', ...request.headers } }));
  const answer = await connection.answer({ method: request.method });
  connection.close();
  return answer?.status;
}

/** As much as the head of a request lets in, in characters. */
const fill = (unit: string, length = 15_000): string => unit.repeat(Math.floor(length / unit.length));

const headers = `accept accept-language authorization connection content-type cookie expect forwarded idempotency-key if-none-match
  last-event-id origin range referer sec-websocket-protocol upgrade user-agent x-api-key x-conversation-id x-forwarded-for x-user-identifier`;
const units = ['a', ' ', ',', ' ,', 'a=b; ', '1.2.3.4, ', 'text/html;q=0.1,', '"', 'Bearer ', '%20', '1-', ';', ':::'];

const parts = (...heads: readonly string[]): string =>
  `${heads.map((head) => `--dragoman-boundary\r\n${head}\r\n\r\nx\r\n`).join('')}--dragoman-boundary--\r\n`;
const named = (name: string): string => `Content-Disposition: form-data; name="${name}"`;
const many = (count: number, each: (at: number) => string): readonly string[] =>
  Array.from({ length: count }, (_, at) => each(at));

const forms: Readonly<Record<string, () => string>> = {
  'of 20,000 fields': () => parts(...many(20_000, (at) => named(`f${at}`))),
  'of names with brackets': () => parts(...many(20_000, (at) => named(`f[${at}][a]`))),
  'of names with 20,000 brackets': () => parts(...many(10, () => named(`f${'[a]'.repeat(20_000)}`))),
  'with 20,000 headers to a part': () => parts(named('a') + many(20_000, (at) => `\r\nX-${at}: y`).join('')),
  'with a name of 900 KB': () => parts(named(fill('a', 900_000))),
  'with 10,000 parameters': () => parts(named('a') + '; a="b"'.repeat(10_000)),
  'with quotes without an end': () => parts(`${named('a')}; a="${fill('\\"')}`),
  'with a name in percent': () => parts(`${named('image')}; filename*=utf-8''${fill('%20')}`),
  'of what is nearly a boundary': () =>
    `--dragoman-boundary\r\n${named('x')}\r\n\r\n${fill('\r\n--dragoman-boundar', 900_000)}`,
  'of line ends': () => fill('\r\n', 1_000_000),
  'of dashes': () => fill('-', 1_000_000),
};

const texts: Readonly<Record<string, string>> = {
  'one word': fill('desk ', 30_000),
  '30,000 characters of words': many(6_000, (at) => `w${at.toString(36)}`)
    .join(' ')
    .slice(0, 30_000),
  'mistyped words': fill('dsek hodie chiar tabel lapm ', 30_000),
  digits: fill('1', 30_000),
  punctuation: fill('?!.,;', 30_000),
  'combining marks': `e${fill('\u0301', 30_000)}`,
  spaces: `x${fill(' ', 30_000)}x`,
  brackets: `<${fill(' ', 30_000)}`,
  'cues of a question': fill('which under 1 between 1 and ', 30_000),
  kanji: fill('机', 30_000),
  ligatures: fill('ﷺ', 30_000),
};

describe('the worst that can be sent costs no more than a tenth of a second of work:', () => {
  it.each(headers.split(/\s+/))(
    'a header %s',
    async (name) => {
      for (const unit of units) {
        const head = { 'x-api-key': secrets.key, [name]: `x${fill(unit)}x` };
        await expectCheap(unit, () => send({ method: 'GET', target: '/api/v1/chats', headers: head }));
      }
    },
    60_000,
  );

  it.each(['/api/v1/chats', '/api/v1/chat/history', '/metrics', '/openapi.json', '/admin/v1/conversations'])(
    'a query of %s',
    async (path) => {
      for (const unit of ['a=b&', '&', 'a[b]=', '%20', '%', '%00&', 'user_id=1&', '%e0%a4%a', '__proto__=1&', '+']) {
        const head = { 'x-api-key': secrets.key, authorization: `Bearer ${secrets.adminToken}` };
        await expectCheap(unit, () => send({ method: 'GET', target: `${path}?${fill(unit)}`, headers: head }));
      }
    },
    60_000,
  );

  it.each(['/', '/uploads/', '/v1/chats/', '/admin/v1/'])(
    'a path below %s',
    async (path) => {
      for (const unit of [
        'a',
        '/',
        '../',
        '%2e%2e%2f',
        '%252e%252e/',
        './',
        '%5c',
        ';a=b/',
        '%',
        '%u002e',
        '\\',
        '..;/',
      ])
        await expectCheap(unit, () => send({ method: 'GET', target: path + fill(unit), headers: {} }));
    },
    60_000,
  );

  it.each(Object.entries(forms))(
    'a form %s',
    async (what, body) => {
      const upload =
        served.find(({ endpoint }) => endpoint.bodyForm === 'multipart') ?? expect.fail('nothing takes forms');
      const [good] = goodRequests(upload.dialect, upload.endpoint, known);
      if (good === undefined) throw new Error('an endpoint without documents');
      const request = { ...toRaw(good), body: body() };
      await expectCheap(what, () => send(request));
    },
    60_000,
  );

  it.each([
    ['deep', '['.repeat(1_000_000)],
    ['wide', `{"content":"x","m":[${'0,'.repeat(19_000)}0]}`],
    ['of many names', `{"content":"x",${many(19_000, (at) => `"k${at}":0`).join(',')}}`],
    ['of a megabyte of text', JSON.stringify({ content: fill('a@', 1_000_000) })],
    ['of half characters', `{"content":"${fill('\\ud800', 1_000_000)}"}`],
    ['of a number', '9'.repeat(1_000_000)],
  ])(
    'a frame %s',
    async (what, frame) => {
      const { conversationId } = await makeKnown(gateway);
      const query = `api_key=${secrets.key}&user_id=${knownUser}&chat_id=${conversationId}`;
      const socket = openSocket(`${gateway.webSocketUrl}/ws/chat?${query}`);
      await socket.next();
      await expectCheap(what, async () => {
        socket.send(frame);
        await socket.next();
      });
      await socket.close();
    },
    60_000,
  );

  it.each(Object.entries(texts))(
    'a question of %s',
    async (what, text) => {
      const asked = {
        method: 'POST',
        target: '/v1/api/chat/support-agent',
        headers: { authorization: `Bearer ${secrets.key}`, 'content-type': 'application/json' },
      };
      await expectCheap(what, () => send({ ...asked, body: JSON.stringify({ message: text.slice(0, 8_000) }) }));
      await expectCheap(what, () => send({ ...asked, target: '/v1/chat', body: JSON.stringify({ message: text }) }));
    },
    60_000,
  );
});
