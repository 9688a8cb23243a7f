import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Dialect } from '../../src/dialects/dialect.ts';
import { type ErrorCode, GatewayError, type GatewayErrorDetails } from '../../src/errors/index.ts';
import { faultsOf, makeKnown, runHardened } from '../support/fuzz-gateway.ts';
import {
  credentialHeaders,
  type GoodRequest,
  goodRequests,
  secrets,
  served,
  servedDialects,
  toRaw,
} from '../support/fuzz-requests.ts';
import { ask, type RawAnswer, type RawRequest } from '../support/fuzz-wire.ts';
import type { TestGateway } from '../support/gateway.ts';
import { documentedExchange } from '../support/golden.ts';

let gateway: TestGateway;
const answers: RawAnswer[] = [];

beforeAll(async () => {
  gateway = await runHardened();
  // What the documents ask for is there.
  for (const { dialect, endpoint } of served) {
    if (dialect.credential.kind === 'site') await goodFor({ dialect, endpoint }).then(askAll);
  }
});
afterEach(async () => {
  const health = await ask(gateway.url, { method: 'GET', target: '/healthz', headers: {} });
  expect(health).toMatchObject({ status: 200, body: '{"status":"ok"}' });
});
afterAll(async () => {
  await gateway.close();
});

type Served = Pick<GoodRequest, 'dialect' | 'endpoint'>;

async function goodFor({ dialect, endpoint }: Served): Promise<readonly GoodRequest[]> {
  return goodRequests(dialect, endpoint, await makeKnown(gateway));
}

async function firstGood(which: Served): Promise<GoodRequest> {
  const [good] = await goodFor(which);
  if (good === undefined) throw new Error('an endpoint without documents');
  return good;
}

const askAll = (requests: readonly GoodRequest[]) => Promise.all(requests.map((good) => ask(gateway.url, toRaw(good))));

/** Asks, and holds the answer against the dialect's schemas. */
async function askWell({ dialect, endpoint }: Served, request: RawRequest): Promise<RawAnswer> {
  const answer = await ask(gateway.url, request);
  answers.push(answer);
  if (request.method !== 'HEAD') {
    const faults = faultsOf(dialect, endpoint, answer);
    expect(faults, `${request.method} ${request.target} ${answer.status} ${answer.body.slice(0, 500)}`).toEqual([]);
  }
  return answer;
}

/** The dialect's own status of an error. */
function statusOf(dialect: Dialect, code: ErrorCode, details: GatewayErrorDetails = {}): number {
  return dialect.errors.encode(new GatewayError(code, 'Refused', details), documentedExchange(dialect)).status;
}

const refusedField = { path: ['body', 'message'], rule: 'required', params: {}, value: {}, message: 'is required' };
const invalid = (dialect: Dialect) => statusOf(dialect, 'invalid-request', { violations: [refusedField] });

/** A test of the endpoints that it is about; the others have none. */
const inCase = (applies: boolean) => (name: string, run: () => Promise<void>) => {
  if (applies) it(name, run);
};

describe.each(served)('$name', ({ dialect, endpoint }) => {
  const which = { dialect, endpoint };
  const ofConversation = /:(chat_?id|conversation_id)/i.test(endpoint.paths[0] ?? '');
  const takesJson = endpoint.bodyForm !== 'multipart' && !['GET', 'DELETE'].includes(endpoint.method);

  it('answers each documented request, on each of its paths, with what its schema says', async () => {
    for (const [number] of endpoint.paths.entries()) {
      for (const good of await goodFor(which)) {
        const answer = await askWell(which, toRaw({ ...good, wire: { ...good.wire } }, number));
        expect(answer.status, answer.body).toBe(endpoint.status ?? 200);
        if (endpoint.operation === 'delete-conversation') break;
      }
    }
  });

  inCase(takesJson)('refuses a body that is no JSON object of its kind', async () => {
    const good = toRaw(await firstGood(which));
    const text = String(good.body);
    const malformed = [
      '{',
      text.slice(0, -1),
      `${text},`,
      `${text}{}`,
      "{'a':1}",
      'null,',
      '\u00a0{}',
      '[1,]',
      'NaN',
      '"\t"',
      'true false',
    ];
    for (const body of malformed) {
      const answer = await askWell(which, { ...good, body });
      expect(answer.status, body).toBe(statusOf(dialect, 'malformed-request', { source: body }));
    }
    for (const body of ['', ' ', 'null', '[]', '1', '"x"', 'true', '[[]]', '{}', '{"__proto__":{"message":"x"}}']) {
      const answer = await askWell(which, { ...good, body });
      const expected = body === ' ' ? statusOf(dialect, 'malformed-request', { source: ' ' }) : invalid(dialect);
      expect(answer.status, body).toBe(expected);
    }
  });

  inCase(takesJson)('refuses bytes that are no text', async () => {
    const good = toRaw(await firstGood(which));
    for (const bytes of [
      [0xff],
      [0x22, 0xc3, 0x28, 0x22],
      [0x22, 0xed, 0xa0, 0x80, 0x22],
      [0xff, 0xfe, 0x7b, 0, 0x7d, 0],
    ]) {
      const body = Buffer.from(bytes);
      const answer = await askWell(which, { ...good, body });
      expect(answer.status).toBe(statusOf(dialect, 'malformed-request', { source: body.toString('latin1') }));
    }
  });

  inCase(takesJson)('refuses a body that is too large, too deep or of too many values', async () => {
    const good = toRaw(await firstGood(which));
    const tooLarge = await askWell(which, { ...good, body: ' '.repeat(1_048_577) });
    expect(tooLarge.status).toBe(statusOf(dialect, 'payload-too-large'));
    const inChunks = { ...good, headers: { ...good.headers, 'transfer-encoding': 'chunked' } };
    const unmeasured = await askWell(which, { ...inChunks, body: `180000\r\n${' '.repeat(0x180000)}\r\n0\r\n\r\n` });
    expect(unmeasured.status).toBe(statusOf(dialect, 'payload-too-large'));
    const depth = 100_000;
    for (const body of [
      '['.repeat(depth) + ']'.repeat(depth),
      '{"a":'.repeat(depth) + '1' + '}'.repeat(depth),
      `[${'1,'.repeat(400_000)}1]`,
    ]) {
      expect((await askWell(which, { ...good, body })).status).toBe(statusOf(dialect, 'invalid-request'));
    }
    const unclosed = '[{"a":'.repeat(depth);
    const answer = await askWell(which, { ...good, body: unclosed });
    expect(answer.status).toBe(statusOf(dialect, 'malformed-request', { source: unclosed }));
  });

  inCase(takesJson)('takes a body that is only odd', async () => {
    const good = await firstGood(which);
    const raw = toRaw(good);
    const text = String(raw.body);
    const type = (value: string) => ({ ...raw.headers, 'content-type': value });
    const untyped = Object.fromEntries(Object.entries(raw.headers).filter(([name]) => name !== 'content-type'));
    const [first = '"x":1'] = /"[^"]+":/.exec(text) ?? [];
    const odd: RawRequest[] = [
      { ...raw, body: `\ufeff${text}` },
      { ...raw, body: ` \r\n\t${text} \n` },
      { ...raw, body: text.replace('{', `{${first}null,`) },
      {
        ...raw,
        body: text.replace(/[a-z](?=[a-z]*")/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`),
      },
      { ...raw, headers: type('application/json; charset=UTF-8') },
      { ...raw, headers: type('Application/JSON;charset="utf-8"') },
      { ...raw, headers: type('application/vnd.api+json') },
      { ...raw, headers: untyped },
      { ...raw, headers: { ...raw.headers, 'content-encoding': 'gzip' }, body: gzipSync(text) },
    ];
    for (const request of odd) {
      const answer = await askWell(which, request);
      expect(answer.status, `${JSON.stringify(request.headers)} ${String(request.body)} ${answer.body}`).toBe(
        endpoint.status ?? 200,
      );
    }
  });

  inCase(takesJson)('refuses another type, encoding or a broken one', async () => {
    const good = toRaw(await firstGood(which));
    const asked = (fields: Record<string, string>, body = good.body ?? '') =>
      askWell(which, { ...good, headers: { ...good.headers, ...fields }, body });
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/json; charset=latin1',
      'json',
      ',',
      '/',
    ]) {
      expect((await asked({ 'content-type': type })).status, type).toBe(statusOf(dialect, 'unsupported-media-type'));
    }
    expect((await asked({ 'content-encoding': 'compress' })).status).toBe(statusOf(dialect, 'unsupported-media-type'));
    for (const encoding of ['gzip', 'deflate', 'br']) {
      const answer = await asked({ 'content-encoding': encoding });
      expect(answer.status, encoding).toBe(statusOf(dialect, 'malformed-request'));
    }
    const bomb = gzipSync(Buffer.alloc(50_000_000, 32));
    expect((await asked({ 'content-encoding': 'gzip' }, bomb)).status).toBe(statusOf(dialect, 'payload-too-large'));
    const cut = gzipSync(String(good.body)).subarray(0, -6);
    expect((await asked({ 'content-encoding': 'gzip' }, cut)).status).toBe(statusOf(dialect, 'malformed-request'));
  });

  inCase(takesJson)('bears any text in any field, and any key', async () => {
    const good = await firstGood(which);
    const body = Object(good.wire.body) as Record<string, unknown>;
    const texts = [
      '\ud800',
      '\udc00x',
      'a\0b',
      '\u202e',
      '\r\nX-Evil: 1',
      '\u{10ffff}',
      '{{7*7}}',
      "' OR 1=1 --",
      '../../../etc/passwd',
      'x'.repeat(300_000),
    ];
    for (const text of texts) {
      for (const key of Object.keys(body)) {
        const answer = await askWell(which, toRaw({ ...good, wire: { ...good.wire, body: { ...body, [key]: text } } }));
        expect(answer.status, `${key}: ${text.slice(0, 40)}`).toBeLessThan(500);
        expect(answer.headers).not.toHaveProperty('x-evil');
      }
    }
    const raw = toRaw(good);
    for (const key of [
      '__proto__',
      'constructor',
      'prototype',
      'toString',
      'hasOwnProperty',
      '',
      '\ud800',
      '\0',
      '$ref',
      'length',
    ]) {
      for (const value of ['null', '{"message":1,"session_id":2,"path":"/etc"}', '[]', '"x"']) {
        const extra = String(raw.body).replace('{', `{${JSON.stringify(key)}:${value},`);
        expect((await askWell(which, { ...raw, body: extra })).status, extra).toBeLessThan(500);
      }
    }
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('bears any query', async () => {
    const good = toRaw(await firstGood(which));
    const [path = ''] = good.target.split('?');
    const queries = [
      '?',
      '?&&&=',
      '?a',
      '?__proto__[x]=1&constructor=1',
      '?limit=-1&offset=-1&page=0&size=0',
      '?limit=1e9&page=999999999999&size=NaN',
      '?limit=1&limit=2&offset=0&offset=1',
      '?store=a&store=b',
      '?order[]=x',
      '?since=never&after_id=99999999999999999999',
      '?limit=%E0%A4%A',
      `?${'a=1&'.repeat(2_000)}`,
      '?site_key=sk_demo&site_key=sk_demo&session_id=a&session_id=b',
      '?session_id=%00%0d%0aX-Evil:1',
    ];
    for (const query of queries) {
      const request = { ...good, target: path + query };
      if (endpoint.operation === 'delete-conversation') request.target = toRaw(await firstGood(which)).target + query;
      const answer = await askWell(which, request);
      expect(answer.status, query).toBeLessThan(500);
      expect(answer.headers).not.toHaveProperty('x-evil');
    }
  });

  inCase(endpoint.paths.some((path) => path.includes(':')))('refuses ids that are none', async () => {
    const good = await firstGood(which);
    const ids = [
      'x',
      '0',
      '..',
      '.',
      '%00',
      '%2e%2e%2f',
      '%0d%0aX-Evil:1',
      '%ED%A0%80',
      '%F0%9F%98%80',
      '-',
      '*',
      'null',
      'undefined',
      '__proto__',
      'constructor',
      '%E0%A4%A',
      '%',
      '%zz',
      'a'.repeat(5_000),
      '00000000-0000-0000-0000-000000000000',
      'conv_',
      '1;DROP',
      '%7B%7D',
      '/',
    ];
    for (const [name] of Object.entries(good.wire.params)) {
      for (const id of ids) {
        const target = toRaw({
          ...good,
          wire: { ...good.wire, params: { ...good.wire.params, [name]: 'HERE' } },
        }).target;
        const answer = await askWell(which, { ...toRaw(good), target: target.replace('HERE', id) });
        expect(answer.status, `${name} ${id}`).toBeLessThan(500);
        expect(answer.headers).not.toHaveProperty('x-evil');
        if (ofConversation) expect(answer.status, `${name} ${id}`).toBeGreaterThanOrEqual(400);
      }
    }
  });

  it('has no other methods than its path has', async () => {
    const good = toRaw(await firstGood(which));
    const [path = ''] = good.target.split('?');
    for (const method of ['PUT', 'PROPFIND', 'TRACE', 'PURGE', 'QUERY', 'OPTIONS', 'HEAD']) {
      const answer = await askWell(which, { ...good, method, target: path });
      expect(answer.status, method).toBe(statusOf(dialect, 'method-not-allowed'));
      expect(answer.headers['allow']?.split(', ')).toContain(endpoint.method);
    }
  });

  inCase(dialect.credential.kind !== 'site')('refuses whoever has no key', async () => {
    const good = toRaw(await firstGood(which));
    const { credential } = dialect;
    const names = credential.kind === 'site' ? [] : credential.headers;
    const plain = Object.fromEntries(Object.entries(good.headers).filter(([name]) => !names.includes(name)));
    const bad = [
      '',
      'nobody',
      secrets.revokedKey,
      secrets.key.toUpperCase(),
      `${secrets.key}x`,
      '\xff\xfe',
      'x'.repeat(8_000),
      '__proto__',
      credential.kind === 'key' ? secrets.adminToken : secrets.key,
    ];
    const credentials = [
      {},
      ...bad.map((secret) => credentialHeaders(dialect, secret)),
      { authorization: 'Bearer' },
      { authorization: 'Basic ZGVtby1rZXk6' },
      { authorization: `Bearer ${secrets.key} ${secrets.key}` },
      { authorization: secrets.key },
      { cookie: `key=${secrets.key}` },
    ];
    for (const fields of credentials) {
      const answer = await askWell(which, { ...good, headers: { ...plain, ...fields } });
      expect(answer.status, JSON.stringify(fields)).toBe(statusOf(dialect, 'unauthenticated'));
    }
    const inQuery = await askWell(which, { ...good, headers: plain, target: `${good.target}?api_key=${secrets.key}` });
    expect(inQuery.status).toBe(statusOf(dialect, 'unauthenticated'));
  });

  inCase(dialect.credential.kind === 'site')('refuses unknown sites, and pages of others', async () => {
    const good = await firstGood(which);
    const inQuery = endpoint.method === 'GET';
    const withSite = (site: unknown) => {
      const place = { ...Object(inQuery ? good.wire.query : good.wire.body), site_key: site } as Record<
        string,
        unknown
      >;
      return toRaw({ ...good, wire: inQuery ? { ...good.wire, query: place } : { ...good.wire, body: place } });
    };
    expect((await askWell(which, withSite('sk_nobody'))).status).toBe(statusOf(dialect, 'not-found'));
    expect((await askWell(which, withSite('__proto__'))).status).toBe(statusOf(dialect, 'not-found'));
    const raw = toRaw(good);
    const elsewhere = await askWell(which, { ...raw, headers: { ...raw.headers, origin: 'https://evil.example' } });
    expect(elsewhere.status).toBe(statusOf(dialect, 'forbidden'));
    expect(elsewhere.headers).not.toHaveProperty('access-control-allow-origin');
  });

  inCase(ofConversation && dialect.credential.kind === 'key')(
    'tells nobody that another tenant’s conversation is there',
    async () => {
      const theirs = await makeKnown(gateway, secrets.otherKey);
      const nobodys = { conversationId: '0f9b2c1a-7d1e-4c55-9a63-5d0f2f3f1a77' };
      const [there, nowhere] = await Promise.all(
        [theirs, nobodys].map(async (other) => {
          const [good] = goodRequests(dialect, endpoint, other);
          if (good === undefined) throw new Error('an endpoint without documents');
          const { status, body, headers } = await askWell(which, toRaw(good));
          const names = Object.keys(headers).sort();
          return { status, names, body: body.replaceAll(other.conversationId, '') };
        }),
      );
      expect(there).toEqual(nowhere);
      expect(there?.status).toBe(statusOf(dialect, 'not-found'));
    },
  );
});

describe.each(servedDialects)('below the prefixes of $name', (dialect) => {
  it('unknown paths are answered 404 in the dialect', async () => {
    const [endpoint] = dialect.endpoints;
    if (endpoint === undefined) throw new Error('a dialect without endpoints');
    for (const prefix of dialect.prefixes) {
      for (const rest of [
        '/none',
        '/none/of/these?x=1',
        '/%E0%A4%A',
        '//',
        '/../../../etc/passwd',
        '/%2e%2e/x',
        `/${'x'.repeat(5_000)}`,
        '/none/',
      ]) {
        for (const method of ['GET', 'POST', 'DELETE']) {
          const headers = credentialHeaders(dialect);
          const answer = await askWell({ dialect, endpoint }, { method, target: prefix + rest, headers });
          // Some of these are a place in a template: then it is the id or the method that is refused.
          expect([400, 404, 405, 422], `${method} ${prefix}${rest}`).toContain(answer.status);
          if (rest.startsWith('/none/of')) expect(answer.status).toBe(statusOf(dialect, 'not-found'));
        }
      }
    }
  });
});

describe('a conversation id in a body', () => {
  it('that another tenant has begins a conversation of one’s own', async () => {
    const theirs = await makeKnown(gateway, secrets.otherKey);
    const asOther = { 'x-api-key': secrets.otherKey, 'content-type': 'application/json' };
    const messages = `/v1/chats/${theirs.conversationId}/messages`;
    const say = JSON.stringify({ message: 'Only for us', currentUrl: '' });
    await ask(gateway.url, { method: 'POST', target: messages, headers: asOther, body: say });
    for (const [target, field] of [
      ['/v1/chat', 'conversation_id'],
      ['/v1/api/chat/support-agent', 'conversationId'],
    ] as const) {
      const headers = { authorization: `Bearer ${secrets.key}`, 'content-type': 'application/json' };
      const body = JSON.stringify({ message: 'Let me in', [field]: theirs.conversationId });
      const answer = await ask(gateway.url, { method: 'POST', target, headers, body });
      expect(answer.status).toBe(200);
      expect(answer.body).toContain(theirs.conversationId);
    }
    const after = await ask(gateway.url, { method: 'GET', target: messages, headers: asOther });
    expect(after.body).toContain('Only for us');
    expect(after.body).not.toContain('Let me in');
    const mine = await ask(gateway.url, { method: 'GET', target: messages, headers: { 'x-api-key': secrets.key } });
    expect(mine.body).not.toContain('Only for us');
  });
});

describe('after all that', () => {
  it('no answer has told of the machine', () => {
    expect(answers.length).toBeGreaterThan(500);
    for (const { body } of answers) {
      expect(body).not.toMatch(/node_modules|node:internal|\.ts:\d|\bat \w+ \(|\bSyntaxError|\bTypeError|\bERR_[A-Z]/);
      expect(body).not.toContain(process.cwd());
    }
  });

  it('no log line holds a secret or what was said', async () => {
    const log = gateway.logged.map((line) => JSON.stringify(line)).join('\n');
    for (const secret of [secrets.key, secrets.revokedKey, secrets.otherKey, secrets.adminToken]) {
      expect(log).not.toContain(secret);
    }
    const said = new Set<string>();
    for (const which of served) {
      for (const { wire } of await goodFor(which)) {
        for (const text of Object.values(Object(wire.body) as Record<string, unknown>)) {
          if (typeof text === 'string' && text.includes(' ')) said.add(text);
        }
      }
    }
    expect(said.size).toBeGreaterThan(10);
    for (const text of said) expect(log).not.toContain(text);
    expect(log).not.toMatch(/Let me in|Only for us|etc\/passwd|OR 1=1/);
  });

  it('nothing of it was a failure of ours', async () => {
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(metrics).not.toContain('code="internal"');
    expect(gateway.logged.filter((line) => Number(line['level']) >= 40)).toEqual([]);
  });
});
