import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { agentSlug } from '../../src/dialects/agent-slug/index.ts';
import { dialects } from '../../src/dialects/registry.ts';
import { schemaGuard } from '../../src/dialects/schema.ts';
import { type Answer, openStream, send } from '../support/client.ts';
import { goodRequests, parrot, secrets, toRaw, withNeighbour } from '../support/fuzz-requests.ts';
import { ask, type RawAnswer } from '../support/fuzz-wire.ts';
import { behindProxy, runGateway, type TestGateway } from '../support/gateway.ts';
import { createScriptedBackend } from '../support/scripted-backend.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const headers = bearer(secrets.key);

let gateway: TestGateway;
afterEach(() => gateway.close());

/** The demo and its neighbour, with limits. */
async function start(limit: (demo: any) => void, backend = parrot): Promise<void> {
  gateway = await runGateway({
    backends: { shop: backend },
    configure(demo) {
      withNeighbour(demo);
      delete demo.limits;
      limit(demo);
    },
  });
}

const onKeys = (limits: object) => (demo: any) => {
  for (const tenant of demo.tenants) for (const key of tenant.keys) key.limits = limits;
};
const onSites = (limits: object) => (demo: any) => {
  for (const tenant of demo.tenants) for (const site of tenant.sites) site.limits = limits;
};

const agent = () => `${gateway.url}/v1/api/chat/support-agent`;
const question = { headers, json: { message: 'Hello' } };
const askAgent = (key = secrets.key as string): Promise<Answer> =>
  send('POST', agent(), { ...question, headers: bearer(key) });
const askWidget = (fields: object, query = ''): Promise<Answer> =>
  send('POST', `${gateway.url}/api/v1/chat/stream${query}`, {
    json: { site_key: secrets.site, session_id: 'sess_a', message: 'Hello', ...fields },
  });
const statuses = (answers: readonly { readonly status: number }[]) => answers.map(({ status }) => status);

async function times<T>(count: number, one: () => Promise<T>): Promise<T[]> {
  const answers: T[] = [];
  for (let at = 0; at < count; at += 1) answers.push(await one());
  return answers;
}

function quotaOf(answer: Answer | RawAnswer) {
  const read = (name: string) =>
    Number(answer.headers instanceof Headers ? answer.headers.get(name) : answer.headers[name]);
  return { limit: read('x-ratelimit-limit'), left: read('x-ratelimit-remaining'), resets: read('x-ratelimit-reset') };
}

describe('the limit of a key', () => {
  it.each(dialects)('is told in the words of $name', async (dialect) => {
    const limits = { requests: { points: 1, seconds: 3_600 } };
    await start((demo) => {
      onKeys(limits)(demo);
      onSites(limits)(demo);
    });
    const [endpoint] = dialect.endpoints;
    if (endpoint === undefined) throw new Error('a dialect without endpoints');
    const [good] = goodRequests(dialect, endpoint, { conversationId: 'ab12cd34-ef56-7890-ab12-cd34ef567890' });
    if (good === undefined) throw new Error('an endpoint without documents');
    await ask(gateway.url, toRaw(good));
    const refused = await ask(gateway.url, toRaw(good));
    expect(refused.status).toBe(429);
    expect(schemaGuard(dialect.errors.schema).violations(JSON.parse(refused.body))).toEqual([]);
    const wait = Number(refused.headers['retry-after']);
    expect(wait).toBeGreaterThan(3_590);
    expect(wait).toBeLessThanOrEqual(3_600);
  });

  it('counts down, and the quota says so', async () => {
    await start(onKeys({ requests: { points: 3, seconds: 60 } }));
    const now = Date.now() / 1_000;
    const answers = await times(5, askAgent);
    expect(statuses(answers)).toEqual([200, 200, 200, 429, 429]);
    expect(answers.map((answer) => quotaOf(answer).left)).toEqual([2, 1, 0, 0, 0]);
    for (const answer of answers) {
      expect(quotaOf(answer).limit).toBe(3);
      expect(quotaOf(answer).resets).toBeGreaterThanOrEqual(Math.floor(now));
      expect(quotaOf(answer).resets).toBeLessThanOrEqual(Math.ceil(Date.now() / 1_000) + 60);
    }
  });

  it('holds for calls at the same moment', async () => {
    await start(onKeys({ requests: { points: 5, seconds: 60 } }));
    const answers = await Promise.all(Array.from({ length: 20 }, () => askAgent()));
    expect(statuses(answers).filter((status) => status === 200)).toHaveLength(5);
  });

  it('is over when its time is', async () => {
    await start(onKeys({ requests: { points: 1, seconds: 1 } }));
    expect(statuses(await times(2, askAgent))).toEqual([200, 429]);
    await expect.poll(async () => (await askAgent()).status, { timeout: 5_000, interval: 100 }).toBe(200);
  });

  it('is the key’s own: another tenant’s key of the same name has another', async () => {
    await start(onKeys({ requests: { points: 1, seconds: 60 } }));
    expect(statuses([await askAgent(), await askAgent(secrets.otherKey), await askAgent()])).toEqual([200, 200, 429]);
  });

  it('is one over all dialects', async () => {
    await start(onKeys({ requests: { points: 1, seconds: 60 } }));
    const shop = await send('POST', `${gateway.url}/v1/chat`, question);
    expect(statuses([shop, await askAgent()])).toEqual([200, 429]);
  });

  it('counts what is refused for what it says too', async () => {
    await start(onKeys({ requests: { points: 2, seconds: 60 } }));
    const bad = [
      await send('POST', agent(), { headers: { ...headers, 'content-type': 'application/json' }, raw: '{' }),
      await send('POST', agent(), { headers, json: {} }),
    ];
    expect(statuses(bad)).toEqual([400, 400]);
    expect(bad.map((answer) => quotaOf(answer))).toMatchObject([
      { limit: 2, left: 1 },
      { limit: 2, left: 0 },
    ]);
    expect((await askAgent()).status).toBe(429);
  });

  it('may be as long as a timer can run, and no longer', async () => {
    await expect(start(onKeys({ requests: { points: 1, seconds: 30 * 86_400 } }))).rejects.toThrow('seconds');
    await start(onKeys({ requests: { points: 1, seconds: 2_147_483 } }));
    expect(statuses(await times(2, askAgent))).toEqual([200, 429]);
  });
});

describe('the quota of agent-slug', () => {
  it('is on every answer', async () => {
    await start(onKeys({ requests: { points: 7, seconds: 60 } }));
    const { quotaHeaders } = agentSlug;
    const names = Object.keys(quotaHeaders?.({ limit: 1, remaining: 1, resetsAt: 1, secondsLeft: 1 }) ?? {});
    expect(names).toHaveLength(3);
    const raw = (method: string, target: string, rest: object = {}) =>
      ask(gateway.url, { method, target, headers, ...rest });
    const target = '/v1/api/chat/support-agent';
    const json = { ...headers, 'content-type': 'application/json' };
    const answers = {
      200: await raw('POST', target, { headers: json, body: '{"message":"Hello"}' }),
      '200 stream': await raw('POST', target, { headers: json, body: '{"message":"Hello","stream":true}' }),
      400: await raw('POST', target, { headers: json, body: '{}' }),
      401: await raw('POST', target, { headers: bearer('nobody') }),
      404: await raw('GET', '/v1/api/none'),
      '404 agent': await raw('POST', '/v1/api/chat/nobody', { headers: json, body: '{"message":"Hello"}' }),
      405: await raw('GET', target),
      413: await raw('POST', target, { headers: json, body: ' '.repeat(1_100_000) }),
      415: await raw('POST', target, { headers: { ...headers, 'content-type': 'text/xml' }, body: '<a/>' }),
      501: await raw('POST', target, { headers: json, body: '{"message":"Hello","async":true}' }),
      429: await raw('POST', target, { headers: json, body: '{"message":"Hello"}' }),
      '400 bytes': await ask(gateway.url, Buffer.from(`POST ${target} HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n`)),
    };
    for (const [status, answer] of Object.entries(answers)) {
      expect([status, answer.status]).toEqual([status, Number.parseInt(status, 10)]);
      for (const name of names) expect(answer.headers[name.toLowerCase()], `${name} of ${status}`).toMatch(/^\d+$/);
    }
  });
});

describe('the limit of a site', () => {
  it('holds for all its sessions, and not for another site', async () => {
    await start(onSites({ requests: { points: 2, seconds: 60 } }));
    const answers = [
      await askWidget({ session_id: 'sess_a' }),
      await askWidget({ session_id: 'sess_b' }),
      await askWidget({ session_id: 'sess_c' }),
      await askWidget({ site_key: secrets.otherSite }),
    ];
    expect(statuses(answers)).toEqual([200, 200, 429, 200]);
    expect(answers[2]?.body).toMatchObject({ success: false, retry_after: expect.any(Number) });
  });

  it('on sessions holds for each by itself', async () => {
    await start(onSites({ session: { points: 1, seconds: 60 } }));
    const answers = [await askWidget({}), await askWidget({}), await askWidget({ session_id: 'sess_b' })];
    expect(statuses(answers)).toEqual([200, 429, 200]);
  });

  it('on sessions counts the session that the call is about, however often it names others', async () => {
    await start(onSites({ session: { points: 1, seconds: 60 } }));
    expect((await askWidget({})).status).toBe(200);
    const { session_id: _, ...anonymous } = { session_id: '' };
    const evasions = [
      await askWidget({}, '?session_id=sess_x'),
      await askWidget({ ...anonymous, sessionId: 'sess_y' }, '?sessionId=sess_z'),
      await send('POST', `${gateway.url}/api/v1/chat/stream?session_id=sess_fresh`, {
        json: { site_key: secrets.site, sessionId: 'sess_a', message: 'Hello' },
      }),
    ];
    expect(statuses(evasions)).toEqual([429, 429, 429]);
  });
});

describe('the limits of an upload', () => {
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  );
  const upload = (query: object, fields: object) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, String(value));
    form.set('image', new Blob([png]), 'picture.png');
    const search = new URLSearchParams({ ...query }).toString();
    return send('POST', `${gateway.url}/api/v1/chat/upload-image?${search}`, { raw: form });
  };
  const visitor = { site_key: secrets.site, session_id: 'sess_a' };

  it('count one that names its visitor in the query, in the form or in both once', async () => {
    await start(onSites({ requests: { points: 3, seconds: 60 }, session: { points: 3, seconds: 60 } }));
    const answers = [
      await upload(visitor, {}),
      await upload({}, visitor),
      await upload(visitor, visitor),
      await upload(visitor, {}),
    ];
    expect(statuses(answers)).toEqual([200, 200, 200, 429]);
  });

  it('count the session that it is about, whatever the query says', async () => {
    await start(onSites({ session: { points: 1, seconds: 60 } }));
    const { site_key } = visitor;
    const answers = [
      await upload({ site_key }, visitor),
      await upload({ ...visitor, session_id: 'sess_b' }, visitor),
      await upload({ site_key: secrets.otherSite, session_id: 'sess_c' }, visitor),
    ];
    expect(statuses(answers)).toEqual([200, 429, 429]);
  });
});

describe('the limit of open streams', () => {
  it('is given back when a stream ends, and when its client leaves', async () => {
    const script = createScriptedBackend();
    await start(onKeys({ openStreams: 2 }), script.backend);
    const open = () => openStream(agent(), { headers, json: { message: 'Hello', stream: true } });
    const opening = [open(), open()];
    const replies = [await script.next(), await script.next()];
    for (const reply of replies) reply.say({ type: 'text-delta', text: 'Hi' });
    const [first, second] = await Promise.all(opening);
    const refused = await open();
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('1');
    replies[0]?.end();
    await first?.rest();
    second?.leave();
    const again = async () => {
      const trying = open();
      await Promise.race([trying, script.next().then((reply) => reply.end())]);
      return (await trying).status;
    };
    await expect.poll(again).toBe(200);
    await expect.poll(again).toBe(200);
  });

  it('does not hold for whole answers', async () => {
    await start(onKeys({ openStreams: 1 }));
    const answers = await Promise.all(Array.from({ length: 10 }, () => askAgent()));
    expect(statuses(answers)).toEqual(Array(10).fill(200));
  });
});

describe('the limit of an address', () => {
  it('is off unless set', async () => {
    await start((demo) => {
      for (const tenant of demo.tenants) for (const key of tenant.keys) delete key.limits;
    });
    const answers = await Promise.all(Array.from({ length: 300 }, () => askAgent()));
    expect(new Set(statuses(answers))).toEqual(new Set([200]));
  });

  it('counts every call before anything of it is read', async () => {
    await start((demo) => {
      demo.limits = { address: { points: 2, seconds: 60 } };
    });
    const bad = () =>
      ask(gateway.url, {
        method: 'POST',
        target: '/v1/chat',
        headers: { ...headers, 'content-type': 'application/json' },
        body: '{',
      });
    expect(statuses([await bad(), await bad()])).toEqual([422, 422]);
    const large = await ask(gateway.url, { method: 'POST', target: '/v1/chat', headers, body: ' '.repeat(2_000_000) });
    expect(large.status).toBe(429);
    expect((await askAgent(secrets.otherKey)).status).toBe(429);
  });

  it.each(['/metrics', '/openapi.json', '/readyz', '/uploads/none.png', '/uploads', '/nowhere', '/v1/chat/nowhere'])(
    'counts %s, too, and not who asks whether it is alive',
    async (path) => {
      await start((demo) => {
        demo.limits = { address: { points: 3, seconds: 60 } };
      });
      const status = async (asked = path) => (await send('GET', gateway.url + asked)).status;
      for (let times = 0; times < 3; times += 1) expect(await status()).not.toBe(429);
      const refused = await send('GET', gateway.url + path);
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await askAgent()).status).toBe(429);
      expect(await status('/healthz')).toBe(200);
    },
  );

  it('believes no header that says who asks, unless proxies are named', async () => {
    await start((demo) => {
      demo.limits = { address: { points: 2, seconds: 60 } };
    });
    const from = (address: string) =>
      send('POST', agent(), {
        ...question,
        headers: { ...headers, 'x-forwarded-for': address, forwarded: `for=${address}` },
      });
    expect(statuses([await from('1.1.1.1'), await from('2.2.2.2'), await from('3.3.3.3')])).toEqual([200, 200, 429]);
  });
});

describe('failed authentications', () => {
  it('are no part of the quota that is told', async () => {
    await start(() => undefined);
    const refused = await askAgent('nobody');
    expect([refused.status, quotaOf(refused)]).toMatchObject([401, { limit: 1_000_000, left: 1_000_000 }]);
  });

  it('of one address are limited to a hundred a minute; a good key goes on', async () => {
    await start(() => undefined);
    const failures = await Promise.all(Array.from({ length: 105 }, (_, at) => askAgent(`guess-${at}`)));
    expect(statuses(failures).filter((status) => status === 401)).toHaveLength(100);
    expect(statuses(failures).filter((status) => status === 429)).toHaveLength(5);
    expect((await askAgent()).status).toBe(200);
    const limited = failures.find(({ status }) => status === 429);
    expect(Number(limited?.headers.get('retry-after'))).toBeGreaterThan(50);
  });

  it('are counted by the /64 of IPv6, and an IPv4 address by itself however it is written', async () => {
    await start(behindProxy);
    const guess = (address: string) =>
      send('POST', agent(), { json: question.json, headers: { ...bearer('guess'), 'x-forwarded-for': address } });
    const guessAll = async (addresses: readonly string[]) => {
      const failed = statuses(await Promise.all(addresses.map(guess)));
      return [401, 429].map((status) => failed.filter((one) => one === status).length);
    };
    const many = (address: (at: number) => string) => Array.from({ length: 150 }, (_, at) => address(at));
    expect(await guessAll(many((at) => `2001:db8:0:7::${at.toString(16)}`))).toEqual([100, 50]);
    expect(await guessAll(many((at) => (at % 2 === 0 ? '192.0.2.7' : '::ffff:192.0.2.7')))).toEqual([100, 50]);
    expect(await guessAll(['2001:db8:0:8::1', '192.0.2.8'])).toEqual([2, 0]);
  });

  it('count alike for keys, operators’ tokens and sites', async () => {
    await start((demo) => {
      demo.limits = { failedAuthentications: { points: 3, seconds: 60 } };
    });
    const target = `${gateway.url}/admin/v1/tenants/x/conversations`;
    const failures = [
      await askAgent('nobody'),
      await send('GET', target, { headers: bearer('nobody') }),
      await askWidget({ site_key: 'sk_nobody' }),
      await send('GET', target, { headers: bearer('nobody') }),
      await askWidget({ site_key: 'sk_nobody' }),
    ];
    expect(statuses(failures)).toEqual([401, 401, 404, 429, 429]);
    expect((await askWidget({})).status).toBe(200);
  });

  it('are not those of a revoked key’s neighbours', async () => {
    await start((demo) => {
      demo.limits = { failedAuthentications: { points: 1, seconds: 60 } };
      demo.tenants[0].keys.push({ name: 'spare', sha256: sha256('spare-key'), dialects: ['agent-slug'] });
    });
    expect(statuses([await askAgent(secrets.revokedKey), await askAgent(secrets.revokedKey)])).toEqual([401, 429]);
    expect((await askAgent('spare-key')).status).toBe(200);
  });
});
