import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { pictureOf } from '../support/pictures.ts';

const secret = 'a secret of the shop, as long as it should be';
let gateway: TestGateway;
afterEach(() => gateway.close());

async function run(identity: object | undefined, more?: (demo: any) => void): Promise<void> {
  gateway = await runGateway({
    configure(demo) {
      if (identity !== undefined) demo.tenants[0].sites[0].identity = identity;
      more?.(demo);
    },
  });
}

const hashOf = (userId: string, by = secret) => createHmac('sha256', by).update(userId).digest('hex');
const hashed = (userId: string) => ({ user_id: userId, user_hash: hashOf(userId) });
const inHeaders = (userId: string) => ({ 'x-user-id': userId, 'x-user-hash': hashOf(userId) });

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const now = () => Math.floor(Date.now() / 1_000);
const claimsOf = (more: object = {}) => ({ sub: 'ann', aud: 'sk_demo', exp: now() + 3_600, ...more });

type Signer = (of: string) => Buffer;
const bySecret: Signer = (of) => createHmac('sha256', secret).update(of).digest();
const byKey =
  (key: KeyObject, digest: string | null = 'sha256'): Signer =>
  (of) =>
    sign(digest, Buffer.from(of), { key, dsaEncoding: 'ieee-p1363' });

function token(claims: object, signer: Signer = bySecret, header: object = { alg: 'HS256', typ: 'JWT' }): string {
  const signed = `${part(header)}.${part(claims)}`;
  return `${signed}.${signer(signed).toString('base64url')}`;
}

const say = (session: string, proof: object = {}, message = 'Do you ship to Canada?') =>
  send('POST', `${gateway.url}/api/v1/chat/stream`, {
    json: { site_key: 'sk_demo', session_id: session, message, ...proof },
  });
const post = (path: string, session: string, fields: object) =>
  send('POST', `${gateway.url}/api/v1/${path}`, { json: { site_key: 'sk_demo', session_id: session, ...fields } });
const read = (path: string, session: string, headers: Record<string, string> = {}, more: Record<string, string> = {}) =>
  send(
    'GET',
    `${gateway.url}/api/v1/chat/${path}?${new URLSearchParams({ site_key: 'sk_demo', session_id: session, ...more }).toString()}`,
    { headers },
  );
function upload(session: string, proof: Record<string, string> = {}) {
  const form = new FormData();
  for (const [name, value] of Object.entries({ site_key: 'sk_demo', session_id: session })) form.set(name, value);
  form.set('image', new Blob([new Uint8Array(pictureOf('image/png'))], { type: 'image/png' }), 'one.png');
  for (const [name, value] of Object.entries(proof)) form.set(name, value); // after the image: the whole form counts
  return send('POST', `${gateway.url}/api/v1/chat/upload-image`, { raw: form });
}
const reads = ['history', 'operator-messages', 'block-status', 'pending-proactive'];

describe('a user who is signed by a hash', () => {
  it('has a session that is closed to everybody else, for reading and for writing', async () => {
    await run({ secret });
    expect((await say('mine', hashed('ann'))).status).toBe(200);
    for (const path of reads) {
      expect([path, (await read(path, 'mine')).status]).toEqual([path, 401]);
      expect([path, (await read(path, 'mine', inHeaders('bob'))).status]).toEqual([path, 403]);
      expect([path, (await read(path, 'mine', inHeaders('ann'))).status]).toEqual([path, 200]);
    }
    const writes: ((proof: Record<string, string>) => Promise<{ status: number }>)[] = [
      (proof) => say('mine', proof),
      (proof) => post('chat/rate', 'mine', { score: 5, ...proof }),
      (proof) => post('chat/rate/comment', 'mine', { comment: 'Good', ...proof }),
      (proof) => post('chat/contact', 'mine', { email: 'ann@shop.example', ...proof }),
      (proof) => post('chat/email', 'mine', { email: 'ann@shop.example', ...proof }),
      (proof) => upload('mine', proof),
    ];
    for (const write of writes) {
      expect((await write({})).status).toBe(401);
      expect((await write(hashed('bob'))).status).toBe(403);
      expect((await write(hashed('ann'))).status).toBe(200);
    }
    expect((await read('history', 'mine', inHeaders('ann'))).body.messages).toHaveLength(4);
  });

  it('takes over the unsigned conversation that was theirs', async () => {
    await run({ secret });
    await say('mine');
    expect((await read('history', 'mine')).body.messages).toHaveLength(2);
    expect((await read('history', 'mine', inHeaders('bob'))).status).toBe(200); // to read is not to sign
    await say('mine', hashed('ann'));
    expect((await read('history', 'mine', inHeaders('ann'))).body.messages).toHaveLength(4);
    expect((await read('history', 'mine')).status).toBe(401);
    expect((await say('mine', hashed('bob'))).status).toBe(403);
  });

  it.each([
    ['a new session', false],
    ['an unsigned one', true],
  ])('is one only, where two sign %s at once', async (_name, isThere) => {
    await run({ secret });
    for (let round = 0; round < 10; round += 1) {
      const session = `session ${round}`;
      if (isThere) await say(session);
      const users = ['ann', 'bob'];
      const answers = await Promise.all(users.map((user) => say(session, hashed(user))));
      const statuses = answers.map(({ status }) => status);
      expect(statuses.toSorted()).toEqual([200, 403]);
      const winner = users[statuses.indexOf(200)] ?? '';
      const loser = users[statuses.indexOf(403)] ?? '';
      expect((await read('history', session, inHeaders(loser))).status).toBe(403);
      expect((await read('history', session, inHeaders(winner))).body.messages).toHaveLength(isThere ? 4 : 2);
    }
  });

  it('is given no stored answer of another by the id of a message', async () => {
    await run({ secret });
    const once = { message_id: 'm_1' };
    expect((await say('mine', { ...once, ...hashed('ann') })).status).toBe(200);
    expect((await say('mine', { ...once, ...hashed('bob') })).status).toBe(403);
    expect((await say('mine', once)).status).toBe(401);
    // One that was asked before it was signed is as closed.
    await say('other', once);
    await say('other', hashed('ann'));
    expect((await say('other', once)).status).toBe(401);
  });

  it('stays so when the site asks for no proof any more', async () => {
    await run({ secret });
    await say('mine', hashed('ann'));
    await gateway.reload((demo) => {
      delete demo.tenants[0].sites[0].identity;
    });
    expect((await read('history', 'mine')).status).toBe(401);
  });

  it('is found and helped by operators, who see who it is', async () => {
    await run({ secret });
    await say('mine', hashed('ann'));
    const headers = { authorization: 'Bearer demo-admin' };
    const found = await send('GET', `${gateway.url}/admin/v1/sites/sk_demo/sessions/mine`, { headers });
    expect(found).toMatchObject({ status: 200, body: { signedUser: 'ann' } });
    const nudge = `${gateway.url}/admin/v1/sites/sk_demo/sessions/mine/nudges`;
    expect((await send('POST', nudge, { headers, json: { text: 'Hello' } })).status).toBe(201);
    expect((await read('pending-proactive', 'mine', inHeaders('ann'))).body.messages).toHaveLength(1);
  });

  it('is refused with what proves nothing', async () => {
    await run({ secret });
    const wrong: object[] = [
      { user_id: 'ann', user_hash: hashOf('bob') },
      { user_id: 'ann', user_hash: hashOf('ann', 'another secret') },
      { user_id: 'ann', user_hash: hashOf('ann').slice(1) },
      { user_id: 'ann', user_hash: `${hashOf('ann')}00` },
      { user_id: 'ann', user_hash: 'x'.repeat(64) },
      { user_id: 'ann', user_hash: Buffer.from(hashOf('ann'), 'hex').toString('base64') },
      { user_id: 'ann', user_hash: ['ann'] },
      { user_id: 'ann', user_hash: true },
      { user_id: 'ann' },
      { user_hash: hashOf('') },
      { user_id: '', user_hash: hashOf('') },
      { user_id: 42, user_hash: hashOf('42') },
      { user_id: { toString: 'ann' }, user_hash: hashOf('ann') },
      { user_id: 'a\nb', user_hash: hashOf('a\nb') },
      { user_id: 'x'.repeat(257), user_hash: hashOf('x'.repeat(257)) },
      { ...hashed('ann'), user_token: token(claimsOf({ sub: 'bob' })) },
      { ...hashed('ann'), user_token: 'no token' },
      { user_id: 'ann', user_hash: hashOf('bob'), user_token: token(claimsOf()) },
    ];
    for (const proof of wrong) expect([proof, (await say('mine', proof)).status]).toEqual([proof, 401]);
    expect(await read('history', 'mine', { 'x-user-id': 'ann', 'x-user-hash': hashOf('bob') })).toMatchObject({
      status: 401,
      body: { success: false },
    });
    expect((await read('history', 'mine', { 'x-user-id': 'ann' })).status).toBe(401);
    // Nothing was begun by any of them.
    expect((await read('history', 'mine')).body.messages).toEqual([]);
    const right = { user_id: 'jürgen 😀', user_hash: hashOf('jürgen 😀').toUpperCase() };
    expect((await say('mine', { userId: right.user_id, userHash: right.user_hash })).status).toBe(200);
    expect((await say('empty', { user_id: '', user_hash: null, user_token: '' })).status).toBe(200);
    expect((await read('history', 'empty')).status).toBe(200);
  });

  it('may have an id of any letters in headers, as UTF-8 or, where that has them, as Latin-1', async () => {
    await run({ secret });
    const inUtf8 = (id: string) => ({ ...inHeaders(id), 'x-user-id': Buffer.from(id).toString('latin1') });
    for (const [session, id] of ['jürgen 😀', 'Ирина', '田中', 'jürgen', 'Ã¤'].entries()) {
      expect((await say(`of-${session}`, hashed(id))).status).toBe(200);
      for (const path of reads) {
        expect([id, path, (await read(path, `of-${session}`, inUtf8(id))).status]).toEqual([id, path, 200]);
      }
      const another = { ...inUtf8(id), 'x-user-hash': hashOf('ann') };
      expect((await read('history', `of-${session}`, another)).status).toBe(401);
    }
    for (const [session, id] of [
      [3, 'jürgen'],
      [4, 'Ã¤'],
    ] as const) {
      expect((await read('history', `of-${session}`, inHeaders(id))).body.messages).toHaveLength(2);
    }
  });

  it('proves nothing in the query, nor in the headers of what has a body', async () => {
    await run({ secret });
    await say('mine', hashed('ann'));
    expect((await read('history', 'mine', {}, hashed('ann'))).status).toBe(401);
    expect((await read('history', 'mine', {}, { user_token: token(claimsOf()) })).status).toBe(401);
    const json = { site_key: 'sk_demo', session_id: 'mine', message: 'Hello' };
    const query = new URLSearchParams(hashed('ann')).toString();
    expect((await send('POST', `${gateway.url}/api/v1/chat/stream?${query}`, { json })).status).toBe(401);
  });
});

describe('a user who is signed by a token', () => {
  it('is known by it in bodies and headers, with what it says of how to reach them', async () => {
    await run({ secret });
    const proof = token(claimsOf({ email: 'ann@shop.example', name: 'Ann' }));
    expect((await say('mine', { user_token: proof })).status).toBe(200);
    expect((await read('history', 'mine', { authorization: `Bearer ${proof}` })).body.messages).toHaveLength(2);
    expect((await read('history', 'mine', inHeaders('ann'))).status).toBe(200);
    expect((await say('mine', { user_token: proof, ...hashed('ann') })).status).toBe(200);
    expect((await read('history', 'mine', { authorization: 'Basic cHJveHk6cHJveHk=' })).status).toBe(401);
    const headers = { authorization: 'Bearer demo-admin' };
    const found = await send('GET', `${gateway.url}/admin/v1/sites/sk_demo/sessions/mine`, { headers });
    expect(found.body).toMatchObject({ signedUser: 'ann', contact: { email: 'ann@shop.example', name: 'Ann' } });
  });

  it.each<[string, object]>([
    ['another site', { aud: 'sk_other' }],
    ['no site', { aud: undefined }],
    ['other sites', { aud: ['sk_other', 'sk_demo2'] }],
    ['a list of nothing', { aud: [] }],
    ['a nested list', { aud: [['sk_demo']] }],
    ['no end', { exp: undefined }],
    ['an end that is text', { exp: String(now() + 60) }],
    ['an end that has passed', { exp: now() - 1 }],
    ['an end too far away', { exp: now() + 86_400 + 120 }],
    ['an end beyond all numbers', { exp: 1e300 }],
    ['milliseconds', { exp: Date.now() + 60_000 }],
    ['a beginning that has not come', { nbf: now() + 3_000 }],
    ['a beginning that is text', { nbf: 'now' }],
    ['no user', { sub: undefined }],
    ['a number for a user', { sub: 42 }],
    ['an empty user', { sub: '' }],
  ])('is refused with a token for %s', async (_name, more) => {
    await run({ secret });
    const proof = token(claimsOf(more));
    expect((await say('mine', { user_token: proof })).status).toBe(401);
    expect((await read('history', 'mine', { authorization: `Bearer ${proof}` })).status).toBe(401);
  });

  it('may have one for several sites, one that begins now, and one that lasts a day', async () => {
    await run({ secret });
    const right: object[] = [{ aud: ['sk_other', 'sk_demo'] }, { nbf: now() }, { exp: now() + 86_400 }, { email: 5 }];
    for (const more of right) expect((await say('mine', { user_token: token(claimsOf(more)) })).status).toBe(200);
  });

  it('is refused with one that is no token, or is signed in another way than the site says', async () => {
    await run({ secret });
    const [head, body, signature] = token(claimsOf()).split('.');
    const none = (alg: string) => `${part({ alg, typ: 'JWT' })}.${part(claimsOf())}.`;
    const wrong = [
      ...[none('none'), none('None'), none('HS256'), `${none('none')}AA`, token(claimsOf(), bySecret, { alg: 'none' })],
      token(claimsOf(), (of) => createHmac('sha512', secret).update(of).digest(), { alg: 'HS512' }),
      token(claimsOf(), bySecret, { alg: 'RS256' }),
      token(claimsOf(), bySecret, { typ: 'JWT' }),
      token(claimsOf(), bySecret, { alg: 'HS256', crit: ['b64'], b64: false }),
      token(claimsOf(), (of) => createHmac('sha256', '').update(of).digest()),
      `${head}.${part(claimsOf({ sub: 'eve' }))}.${signature}`,
      `${head}.${body}.${signature?.slice(0, -2)}`,
      `${head}.${body}`,
      `${head}.${body}.${signature}.${signature}`,
      token([] as object),
      token('ann' as unknown as object),
      `${'a'.repeat(5_000)}.${body}.${signature}`,
      '..',
      'x',
    ];
    for (const proof of wrong) expect([proof, (await say('mine', { user_token: proof })).status]).toEqual([proof, 401]);
    expect((await say('mine', { user_token: { token: head } })).status).toBe(401);
    expect((await say('mine', { user_token: token(claimsOf()) })).status).toBe(200);
  });

  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const otherRsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ed = generateKeyPairSync('ed25519');
  const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString();

  it.each([
    ['RS256', rsa, byKey(rsa.privateKey)],
    ['ES256', ec, byKey(ec.privateKey)],
    ['EdDSA', ed, byKey(ed.privateKey, null)],
  ])('is known by a public key of the type for %s, and by no other way', async (alg, { publicKey }, signer) => {
    await run({ publicKey: pem(publicKey) });
    const text = pem(publicKey);
    const wrong = [
      token(claimsOf(), (of) => createHmac('sha256', text).update(of).digest()),
      token(claimsOf(), (of) => createHmac('sha256', text).update(of).digest(), { alg }),
      token(claimsOf(), (of) => createHmac('sha256', text.trim()).update(of).digest()),
      token(claimsOf(), signer, { alg: 'HS256' }),
      token(claimsOf(), signer, { alg: 'none' }),
      token(claimsOf(), signer, { alg: alg === 'RS256' ? 'PS256' : 'RS256' }),
      token(claimsOf(), byKey(otherRsa.privateKey), { alg }),
      token(claimsOf(), () => Buffer.alloc(1), { alg }),
      token(claimsOf(), () => Buffer.alloc(64), { alg }),
      token(claimsOf({ aud: 'sk_other' }), signer, { alg }),
    ];
    for (const proof of wrong) expect([proof, (await say('mine', { user_token: proof })).status]).toEqual([proof, 401]);
    expect((await say('mine', { user_id: 'ann', user_hash: hashOf('ann', text) })).status).toBe(401);
    const proof = token(claimsOf(), signer, { alg });
    expect((await say('mine', { user_token: proof })).status).toBe(200);
    expect((await read('history', 'mine', { authorization: `Bearer ${proof}` })).status).toBe(200);
    expect((await read('history', 'mine')).status).toBe(401);
  });
});

describe('a site', () => {
  it('that requires a proof refuses what is sent without one', async () => {
    await run({ secret, required: true });
    expect(await say('mine')).toMatchObject({ status: 401, body: { success: false } });
    expect((await post('chat/contact', 'mine', { email: 'ann@shop.example' })).status).toBe(401);
    expect((await post('chat/rate', 'mine', { score: 5 })).status).toBe(401);
    expect((await upload('mine')).status).toBe(401);
    expect((await read('history', 'mine')).status).toBe(200); // there is nothing
    expect((await upload('mine', hashed('ann'))).status).toBe(200);
    expect((await say('mine', hashed('ann'))).status).toBe(200);
    expect((await read('history', 'mine')).status).toBe(401);
  });

  it('without one passes all of it over, as it always did', async () => {
    await run(undefined);
    const odd = { user_id: 42, user_hash: 'x', user_token: { a: 1 } };
    expect((await say('mine', odd)).status).toBe(200);
    expect((await upload('mine', { user_id: 'ann', user_hash: 'x' })).status).toBe(200);
    const headers = { 'x-user-id': 'ann', 'x-user-hash': 'x', authorization: 'Bearer x' };
    expect((await read('history', 'mine', headers)).body.messages).toHaveLength(2);
    expect((await read('history', 'mine')).body.messages).toHaveLength(2);
  });

  it('has sessions of its own: who is signed there is nobody elsewhere', async () => {
    await run({ secret }, (demo) => {
      const [tenant] = demo.tenants;
      tenant.sites.push({ ...tenant.sites[0], key: 'sk_second', identity: { secret: 'the second secret'.repeat(2) } });
    });
    await say('mine', hashed('ann'));
    expect((await say('mine', { site_key: 'sk_second', ...hashed('ann') })).status).toBe(401);
    expect((await say('mine', { site_key: 'sk_second', user_token: token(claimsOf()) })).status).toBe(401);
    expect((await say('mine', { site_key: 'sk_second' })).status).toBe(200);
    expect((await read('history', 'mine', inHeaders('ann'))).body.messages).toHaveLength(2);
  });

  it('lets its pages send the headers, and tells caches that the answer goes by them', async () => {
    await run({ secret });
    const origin = 'http://localhost:8080';
    const asked = await send('OPTIONS', `${gateway.url}/api/v1/chat/history`, {
      headers: {
        origin,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'authorization,x-user-hash,x-user-id',
      },
    });
    const allowed = asked.headers.get('access-control-allow-headers')?.split(',');
    expect(allowed).toEqual(['authorization', 'x-user-hash', 'x-user-id']);
    const { headers } = await read('history', 'mine', inHeaders('ann'));
    for (const name of ['authorization', 'x-user-id', 'x-user-hash']) expect(headers.get('vary')).toContain(name);
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('writes no proof into the log', async () => {
    await run({ secret });
    const proof = token(claimsOf());
    await say('mine', { user_token: proof, ...hashed('ann') });
    await say('mine', { user_id: 'ann', user_hash: hashOf('bob') });
    await read('history', 'mine', { authorization: `Bearer ${proof}` });
    const text = JSON.stringify(gateway.logged);
    for (const hidden of [proof, hashOf('ann'), hashOf('bob'), secret]) expect(text).not.toContain(hidden);
  });
});
