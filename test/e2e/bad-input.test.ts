import { describe, expect, it } from 'vitest';
import { inCase, statusOf, tellsOfMachine, useHardened } from '../support/fuzz-asking.ts';
import { makeKnown } from '../support/fuzz-gateway.ts';
import { credentialHeaders, goodRequests, secrets, served, servedDialects, toRaw } from '../support/fuzz-requests.ts';
import { ask } from '../support/fuzz-wire.ts';

const { answers, gateway, goodFor, firstGood, askWell } = useHardened();

describe.each(served)('$name', ({ dialect, endpoint }) => {
  const which = { dialect, endpoint };
  const ofConversation = /:(chat_?id|conversation_id)/i.test(endpoint.paths[0] ?? '');

  it('answers each documented request, on each of its paths, with what its schema says', async () => {
    for (const [number] of endpoint.paths.entries()) {
      for (const good of await goodFor(which)) {
        const answer = await askWell(which, toRaw({ ...good, wire: { ...good.wire } }, number));
        expect(answer.status, answer.body).toBe(endpoint.status ?? 200);
        if (endpoint.operation === 'delete-conversation') break;
      }
    }
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
    const hasHead = dialect.endpoints.some(({ method, paths }) => method === 'GET' && paths[0] === endpoint.paths[0]);
    for (const method of ['PUT', 'PROPFIND', 'TRACE', 'PURGE', 'QUERY', 'OPTIONS', ...(hasHead ? [] : ['HEAD'])]) {
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
      const theirs = await makeKnown(gateway(), secrets.otherKey);
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
    const theirs = await makeKnown(gateway(), secrets.otherKey);
    const asOther = { 'x-api-key': secrets.otherKey, 'content-type': 'application/json' };
    const messages = `/v1/chats/${theirs.conversationId}/messages`;
    const say = JSON.stringify({ message: 'Only for us', currentUrl: '' });
    await ask(gateway().url, { method: 'POST', target: messages, headers: asOther, body: say });
    for (const [target, field] of [
      ['/v1/chat', 'conversation_id'],
      ['/v1/api/chat/support-agent', 'conversationId'],
    ] as const) {
      const headers = { authorization: `Bearer ${secrets.key}`, 'content-type': 'application/json' };
      const body = JSON.stringify({ message: 'Let me in', [field]: theirs.conversationId });
      const answer = await ask(gateway().url, { method: 'POST', target, headers, body });
      expect(answer.status).toBe(200);
      expect(answer.body).toContain(theirs.conversationId);
    }
    const after = await ask(gateway().url, { method: 'GET', target: messages, headers: asOther });
    expect(after.body).toContain('Only for us');
    expect(after.body).not.toContain('Let me in');
    const mine = await ask(gateway().url, { method: 'GET', target: messages, headers: { 'x-api-key': secrets.key } });
    expect(mine.body).not.toContain('Only for us');
  });
});

describe('after all that', () => {
  it('no answer has told of the machine', () => {
    expect(answers.length).toBeGreaterThan(500);
    expect(answers.filter(tellsOfMachine)).toEqual([]);
  });

  it('no log line holds a secret or what was said', async () => {
    const log = gateway()
      .logged.map((line) => JSON.stringify(line))
      .join('\n');
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
    const metrics = await (await fetch(`${gateway().url}/metrics`)).text();
    expect(metrics).not.toContain('code="internal"');
    expect(gateway().logged.filter((line) => Number(line['level']) >= 40)).toEqual([]);
  });
});
