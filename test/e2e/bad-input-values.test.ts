import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { agentSlug } from '../../src/dialects/agent-slug/index.ts';
import type { Dialect } from '../../src/dialects/dialect.ts';
import { readSchema, schemaFolder, schemaGuard } from '../../src/dialects/schema.ts';
import { widget } from '../../src/dialects/widget/index.ts';
import { faultsOf, makeKnown, runHardened } from '../support/fuzz-gateway.ts';
import { goodRequests, secrets, served, toRaw, withNeighbour } from '../support/fuzz-requests.ts';
import { ask, type RawAnswer } from '../support/fuzz-wire.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await runHardened();
});
afterAll(() => gateway.close());

const headers = { Authorization: `Bearer ${secrets.key}`, 'Content-Type': 'application/json' };
const post = (target: string, body: unknown, rest: Record<string, string> = {}): Promise<RawAnswer> =>
  ask(gateway.url, { method: 'POST', target, headers: { ...headers, ...rest }, body: JSON.stringify(body) });
const visitor = { site_key: secrets.site, session_id: 'sess_values' };

function expectRefusal(answer: RawAnswer, dialect: Dialect, status: number): void {
  expect(faultsOf(dialect, undefined, answer)).toEqual([]);
  expect(answer.status).toBe(status);
}

describe('an id that a client chose', () => {
  const streamed = (conversationId: string) =>
    post('/v1/api/chat/support-agent', { message: 'Hello', stream: true, conversationId });

  it.each([['对话'], ['разговор 1'], ['conv_😀'], ['100% mine'], ['ünï'], ['a"b;c, d']])(
    'comes back in the header of a stream, as an address would write it: %s',
    async (id) => {
      const answer = await streamed(id);
      expect(answer.status).toBe(200);
      expect(decodeURIComponent(answer.headers['x-conversation-id'] ?? '')).toBe(id);
      const whole = await post('/v1/api/chat/support-agent', { message: 'Hello', conversationId: id });
      expect(JSON.parse(whole.body).data.conversationId).toBe(id);
    },
  );

  it('comes back as it is, where a header can hold it', async () => {
    const id = "conv_abc-123.~!*'()/:@&=+$,?#[]";
    expect((await streamed(id)).headers['x-conversation-id']).toBe(id);
  });

  it.each([['conv\r\nX-Evil: 1'], ['conv\n\n<script>'], ['conv\0'], ['conv\u007f'], ['conv\ud800']])(
    'adds no header: %j',
    async (id) => {
      const answer = await streamed(id);
      expectRefusal(answer, agentSlug, 400);
      expect(answer.headers).not.toHaveProperty('x-evil');
    },
  );
});

describe('no pattern takes longer than its text is long', () => {
  const patterns = readdirSync(schemaFolder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.json'))
    .flatMap((file) => patternsIn(readSchema(file)).map((pattern): [string, string] => [pattern, file]));
  const pieces = [
    '1',
    'a',
    ' ',
    '0_',
    '_',
    'a-',
    'a.',
    '+',
    '/',
    'http://',
    '-',
    '\t',
    '\u00e9',
    '\u2003',
    '5',
    'e',
    ':',
    '%2',
  ];

  it.each([...new Map(patterns)])('%s', (pattern) => {
    const shape = new RegExp(pattern, 'u');
    for (const head of ['', 'a@', 'http://', '0', '+']) {
      for (const piece of pieces) {
        for (const tail of ['', '\u0000', '!', '\n']) {
          const startedAt = performance.now();
          shape.test(head + piece.repeat(200_000 / piece.length) + tail);
          expect(performance.now() - startedAt, `${head}${piece}…${tail}`).toBeLessThan(3_000);
        }
      }
    }
  });

  it('and no format either', async () => {
    for (const piece of ['1', 'a', '.', 'a.', '-', 'a-', '@', '@a', 'a@a.']) {
      const startedAt = performance.now();
      const email = `${piece.repeat(500_000 / piece.length)}@${piece.repeat(500_000 / piece.length)}!`;
      expectRefusal(await post('/api/v1/chat/email', { ...visitor, email }), widget, 422);
      const imageUrl = `http://${piece.repeat(1_000_000 / piece.length)}^`;
      const written = { text: 'Hello', imageUrl };
      schemaGuard('admin/write-operator-message.request.json').violations({ params: {}, body: written });
      expect(performance.now() - startedAt, piece).toBeLessThan(5_000);
    }
  });
});

function patternsIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) =>
    key === 'pattern' && typeof value === 'string' ? [value] : patternsIn(value),
  );
}

describe('a body of very many values', () => {
  it.each([
    ['empty objects', Array<unknown>(340_000).fill({})],
    ['numbers', Array<unknown>(500_000).fill(1)],
  ])('is refused before it is looked at: %s', async (_, events) => {
    // 422 would name each of them, which takes a second in which nobody else is served.
    expect((await post('/v1/chat', { message: 'Hello', events })).status).toBe(400);
  });

  it('is taken where the commas are the visitor’s', async () => {
    const note = 'one, '.repeat(100_000);
    expect((await post('/v1/chat', { message: 'one, '.repeat(6_000), note })).status).toBe(200);
  });
});

describe('a form', () => {
  const boundary = 'b-o-u-n-d-a-r-y';
  const upload = (parts: readonly (readonly [string, string])[], end = `--${boundary}--\r\n`) =>
    ask(gateway.url, {
      method: 'POST',
      target: '/api/v1/chat/upload-image',
      headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` },
      body:
        parts
          .map(([head, text]) => `--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n\r\n${text}\r\n`)
          .join('') + end,
    });
  const who = [
    ['name="site_key"', secrets.site],
    ['name="session_id"', 'sess_form'],
  ] as const;
  const file = ['name="image"; filename="a.png"', '\x89PNG'] as const;

  it.each<[string, readonly (readonly [string, string])[], number]>([
    ['whose image is no file', [...who, ['name="image"', 'bytes']], 422],
    [
      'whose image is made of fields',
      [...who, ['name="image[bytes]"', 'x'], ['name="image[bytes][length]"', '3']],
      422,
    ],
    ['whose image is fields and a file', [...who, ['name="image[bytes][x]"', 'y'], file], 415],
    ['that has two images', [...who, file, file], 400],
    ['whose file has another name', [...who, ['name="file"; filename="a.png"', 'x']], 400],
    ['whose file has a path for a name', [...who, ['name="image"; filename="../../../etc/passwd"', 'x']], 415],
    [
      'that names prototypes',
      [...who, ['name="__proto__[image]"', 'x'], ['name="constructor[prototype][image]"', 'x']],
      422,
    ],
    ['that says who twice', [...who, ...who], 422],
    [
      'whose fields are objects',
      [
        ['name="site_key[a]"', secrets.site],
        ['name="session_id[]"', 'x'],
      ],
      422,
    ],
    [
      'of too many fields',
      [...who, ...Array.from({ length: 50 }, (_, index) => [`name="f${index}"`, 'x'] as const)],
      400,
    ],
    ['of a field that is too long', [...who, ['name="lang"', 'x'.repeat(10_000)]], 413],
    ['of parts without names', [...who, ['filename="x"', 'x']], 400],
    ['of no parts', [], 422],
  ])('%s is refused', async (_, parts, status) => {
    const answer = await upload(parts);
    expect([answer.status, answer.body]).toEqual([status, expect.any(String)]);
    expectRefusal(answer, widget, status);
  });

  it.each([
    ['is not closed', [...who, file], ''],
    ['ends in a half part', [...who], `--${boundary}\r\nContent-Disp`],
    ['has no head', [], 'words'],
  ] as const)('that %s is refused', async (_, parts, end) => {
    expectRefusal(await upload(parts, end), widget, 400);
  });

  it('without a boundary, or of another kind, is refused', async () => {
    for (const [type, status] of [
      ['multipart/form-data', 400],
      ['multipart/mixed; boundary=b', 415],
      ['image/png', 415],
    ] as const) {
      const fields = { 'Content-Type': type };
      const answer = await ask(gateway.url, {
        method: 'POST',
        target: '/api/v1/chat/upload-image',
        headers: fields,
        body: 'x',
      });
      expectRefusal(answer, widget, status);
    }
  });

  it('with an image that is too large is refused', async () => {
    expectRefusal(await upload([...who, [file[0], 'x'.repeat(11_000_000)]]), widget, 413);
  });
});

describe('a backend that fails', () => {
  const failing: Backend = {
    name: 'failing',
    async *answer(_turn, { replyId }) {
      yield await Promise.resolve([{ type: 'reply-start' as const, replyId }]);
      throw new TypeError('secret-4711 in /etc/shadow', { cause: new Error('secret-4712') });
    },
  };

  it.each(served.filter(({ endpoint }) => endpoint.operation === 'send-message'))(
    'tells nothing of itself in $name',
    async ({ dialect, endpoint }) => {
      const broken = await runGateway({ configure: withNeighbour, backends: { shop: failing } });
      const known = await makeKnown(broken);
      for (const good of goodRequests(dialect, endpoint, known)) {
        const answer = await ask(broken.url, toRaw(good));
        expect(faultsOf(dialect, endpoint, answer)).toEqual([]);
        expect(answer.body).not.toMatch(/secret|shadow|TypeError|\.ts/);
        expect(JSON.stringify(answer.headers)).not.toContain('secret');
        expect([200, 500]).toContain(answer.status);
      }
      expect(JSON.stringify(broken.logged)).toContain('secret-4711');
      await broken.close();
    },
  );
});
