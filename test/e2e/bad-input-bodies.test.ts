import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { invalid, statusOf, tellsOfMachine, useHardened } from '../support/fuzz-asking.ts';
import { served, toRaw } from '../support/fuzz-requests.ts';
import type { RawRequest } from '../support/fuzz-wire.ts';

const { answers, firstGood, askWell } = useHardened();

/** A backup is asked for without a word: none that comes all the same is of a kind. */
const takingJson = served.filter(
  ({ endpoint: { bodyForm, method, operation } }) =>
    bodyForm !== 'multipart' && !['GET', 'DELETE'].includes(method) && operation !== 'make-backup',
);

describe.each(takingJson)('$name', ({ dialect, endpoint }) => {
  const which = { dialect, endpoint };

  it('refuses a body that is no JSON object of its kind', async () => {
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

  it('refuses bytes that are no text', async () => {
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

  it('refuses a body that is too large, too deep or of too many values', async () => {
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
      // Of too much, nobody looks whether it is JSON otherwise.
      '[{"a":'.repeat(depth),
      Buffer.concat([Buffer.from('['.repeat(depth)), Buffer.from([0xff])]),
    ]) {
      expect((await askWell(which, { ...good, body })).status).toBe(statusOf(dialect, 'invalid-request'));
    }
  });

  it('takes a body that is only odd', async () => {
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
      { ...raw, headers: type('application/json; charset=us-ascii') },
      { ...raw, headers: type('application/json;charset="ascii"') },
      { ...raw, headers: type('text/json') },
      { ...raw, headers: type('') },
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

  it('refuses another type, encoding or a broken one', async () => {
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

  it('bears any text in any field, and any key', async () => {
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
});

it('and no answer has told of the machine', () => {
  expect(answers.length).toBeGreaterThan(500);
  expect(answers.filter(tellsOfMachine)).toEqual([]);
});
