import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { latin1, pictureOf, pictures, pngChunk, pngOfSize, pngWith } from '../support/pictures.ts';
import { createScriptedBackend } from '../support/scripted-backend.ts';

const megabytes = (count: number) => count * 1_048_576;
const visitor = { site_key: 'sk_demo', session_id: 'sess_1' };

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await runGateway({ backends: { shop: createScriptedBackend().backend } });
});
afterAll(() => gateway.close());

const address = () => `${gateway.url}/api/v1/chat/upload-image`;
const png = pictureOf('image/png');

interface Form {
  readonly bytes?: Uint8Array;
  readonly name?: string;
  readonly type?: string;
  readonly field?: string;
  readonly fields?: Record<string, string>;
}

function form({ bytes, name = 'picture.png', type = 'image/png', field = 'image', fields = visitor }: Form): FormData {
  const data = new FormData();
  for (const [key, value] of Object.entries(fields)) data.set(key, value);
  if (bytes !== undefined) data.set(field, new Blob([new Uint8Array(bytes)], { type }), name);
  return data;
}
const upload = (parts: Form): Promise<Answer> => send('POST', address(), { raw: form(parts) });

describe('an uploaded image', () => {
  it.each(Object.entries(pictures))(
    'of type %s is known by its content, kept, and served as what it is',
    async (type, text) => {
      const bytes = Buffer.from(text, 'base64');
      const { status, body } = await upload({ bytes, name: 'anything.txt', type: 'text/plain' });
      expect([status, body.success]).toEqual([200, true]);
      expect(body.url).toMatch(new RegExp(`^${gateway.url}/uploads/[0-9a-f-]{36}\\.(png|jpg|gif|webp)$`));
      const served = await fetch(body.url);
      expect(served.status).toBe(200);
      expect(Buffer.from(await served.arrayBuffer())).toEqual(bytes);
      expect(served.headers.get('content-type')).toBe(type);
      expect(served.headers.get('content-length')).toBe(String(bytes.length));
      expect(served.headers.get('x-content-type-options')).toBe('nosniff');
      expect(served.headers.get('content-security-policy')).toMatch(/default-src 'none'.*sandbox/);
      expect(served.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
      expect(served.headers.get('cache-control')).toBe('private, max-age=31536000, immutable');
      expect(served.headers.get('x-powered-by')).toBeNull();
    },
  );

  it('may be scoped by the query, in either spelling', async () => {
    for (const query of ['site_key=sk_demo&session_id=s', 'siteKey=sk_demo&sessionId=s']) {
      const { status } = await send('POST', `${address()}?${query}`, { raw: form({ bytes: png, fields: {} }) });
      expect(status).toBe(200);
    }
  });

  it('says nothing of who took it, where and when', async () => {
    const { body } = await upload({ bytes: pngWith(pngChunk('tEXt', latin1('GPS: N 48.137'))) });
    expect(Buffer.from(await (await fetch(body.url)).arrayBuffer())).toEqual(png);
  });

  it('can be looked at without being fetched', async () => {
    const { body } = await upload({ bytes: png });
    const head = await fetch(body.url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(png.length)]);
  });

  it('has a name of its own each time', async () => {
    const [one, other] = [await upload({ bytes: png }), await upload({ bytes: png })];
    expect(one.body.url).not.toBe(other.body.url);
  });

  it('is still there when the gateway is started again', async () => {
    const { body } = await upload({ bytes: png });
    gateway = await gateway.restart();
    const served = await fetch(new URL(new URL(body.url).pathname, gateway.url));
    expect(Buffer.from(await served.arrayBuffer())).toEqual(png);
  });

  it('of just 10 MB is taken', async () => {
    const { body } = await upload({ bytes: pngOfSize(megabytes(10)) });
    expect((await (await fetch(body.url)).arrayBuffer()).byteLength).toBe(megabytes(10));
  });

  it('goes along with a message', async () => {
    const { body } = await upload({ bytes: png });
    const admin = { authorization: 'Bearer demo-admin' };
    await send('POST', `${gateway.url}/admin/v1/sites/sk_demo/sessions/sess_1/nudges`, {
      headers: admin,
      json: { text: 'Hello' },
    });
    const { body: conversation } = await send('GET', `${gateway.url}/admin/v1/sites/sk_demo/sessions/sess_1`, {
      headers: admin,
    });
    await send('PATCH', `${gateway.url}/admin/v1/conversations/${conversation.id}`, {
      headers: admin,
      json: { mode: 'operator' },
    });
    await send('POST', `${gateway.url}/api/v1/chat/stream`, {
      json: { ...visitor, message: 'This one', image_url: body.url },
    });
    const query = new URLSearchParams(visitor).toString();
    const history = await send('GET', `${gateway.url}/api/v1/chat/history?${query}`);
    expect(history.body.messages).toMatchObject([{ content: 'This one', image_url: body.url }]);
  });
});

describe('an upload is refused', () => {
  it.each([
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'],
    ['HTML', '<!doctype html><script>alert(1)</script>'],
    ['an empty file', ''],
    ['the beginning of a PNG', '\x89PNG'],
    ['a PNG that ends too early', pictureOf('image/png').toString('latin1', 0, 60)],
    ['RIFF that is no WebP', 'RIFF\x1a\x00\x00\x00WAVEfmt '],
  ])('where its content is %s, whatever it says to be', async (_what, text) => {
    const { status, body } = await upload({ bytes: Buffer.from(text, 'latin1') });
    expect([status, body]).toEqual([415, { success: false, error: expect.stringContaining('PNG, JPEG, GIF or WebP') }]);
  });

  it.each([11, 60])('at %i MB, with 413 in the widget’s form', async (size) => {
    const { status, body } = await upload({ bytes: Buffer.alloc(megabytes(size), png) });
    expect([status, body]).toEqual([413, { success: false, error: expect.any(String) }]);
  });

  it('without its field', async () => {
    const { status, body } = await upload({});
    expect([status, body]).toEqual([
      422,
      { success: false, error: 'Validation failed', errors: { image: 'The image field is required' } },
    ]);
  });

  it('under another name', async () => {
    const { status, body } = await upload({ bytes: png, field: 'file' });
    expect([status, body]).toEqual([400, { success: false, error: expect.stringContaining('form') }]);
  });

  it('where the image is a text', async () => {
    const { status, body } = await upload({ fields: { ...visitor, image: 'x' } });
    expect([status, body.success]).toEqual([422, false]);
  });

  it('of no site, no session, an unknown site, a foreign page', async () => {
    const statusOf = async (fields: Record<string, string>, headers: Record<string, string> = {}) =>
      (await send('POST', address(), { raw: form({ bytes: png, fields }), headers })).status;
    expect(await statusOf({})).toBe(422);
    expect(await statusOf({ site_key: 'sk_demo' })).toBe(422);
    expect(await statusOf({ ...visitor, site_key: 'sk_unknown' })).toBe(404);
    expect(await statusOf(visitor, { origin: 'https://evil.example' })).toBe(403);
  });

  it('as JSON', async () => {
    expect((await send('POST', address(), { json: { ...visitor, image: 'x' } })).status).toBe(415);
  });

  it('of a visitor who is blocked', async () => {
    const admin = { authorization: 'Bearer demo-admin' };
    const session = `${gateway.url}/admin/v1/sites/sk_demo/sessions/blocked`;
    await send('POST', `${session}/nudges`, { headers: admin, json: { text: 'Hello' } });
    const { id } = (await send('GET', session, { headers: admin })).body;
    await send('PATCH', `${gateway.url}/admin/v1/conversations/${id}`, { headers: admin, json: { blocked: true } });
    const { status } = await upload({ bytes: png, fields: { ...visitor, session_id: 'blocked' } });
    expect(status).toBe(403);
  });
});

/** Begins an upload: its form, up to the picture's first byte; `end` sends the rest. */
function beginUpload(query = '', headers: Record<string, string> = {}) {
  const boundary = 'x-boundary-x';
  const field = (name: string, value: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const head = Buffer.from(
    (query === ''
      ? Object.entries(visitor)
          .map(([name, value]) => field(name, value))
          .join('')
      : '') + `--${boundary}\r\nContent-Disposition: form-data; name="image"; filename="x.png"\r\n\r\n\x89`,
    'latin1',
  );
  const tail = Buffer.concat([png.subarray(1), Buffer.from(`\r\n--${boundary}--\r\n`)]);
  const asking = request(`${address()}${query}`, {
    method: 'POST',
    agent: false,
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': head.length + tail.length,
      expect: '100-continue',
      ...headers,
    },
  });
  asking.on('error', () => undefined);
  const answered = once(asking, 'response').then(([response]) => response as IncomingMessage);
  answered.catch(() => undefined); // given up
  asking.write(head);
  return { asking, answered, begun: once(asking, 'continue'), end: () => asking.end(tail) };
}

describe('an upload that the query says all about', () => {
  it.each([
    ['an unknown site', '?site_key=sk_unknown&session_id=s', {}, 404],
    ['a foreign page', '?site_key=sk_demo&session_id=s', { origin: 'https://evil.example' }, 403],
  ])('is refused unread for %s', async (_whom, query, headers, status) => {
    const upload = beginUpload(query, headers);
    expect((await upload.answered).statusCode).toBe(status);
    upload.asking.destroy();
  });
});

describe('uploads at the same moment', () => {
  it('are eight at most; the ninth is told to come again, and has its place when one has ended', async () => {
    const running = Array.from({ length: 8 }, () => beginUpload());
    await Promise.all(running.map(({ begun }) => begun));
    await expect
      .poll(async () => {
        const { status, headers } = await upload({ bytes: png });
        return [status, headers.get('retry-after')];
      })
      .toEqual([429, '1']);
    running[0]?.end();
    expect((await running[0]?.answered)?.statusCode).toBe(200);
    expect((await upload({ bytes: png })).status).toBe(200);
    for (const { asking } of running) asking.destroy();
    await expect
      .poll(() =>
        Promise.all(Array.from({ length: 8 }, () => upload({ bytes: png }))).then((all) =>
          all.map(({ status }) => status),
        ),
      )
      .toEqual(Array(8).fill(200));
  });
});

describe('a name that was never given', () => {
  it.each([
    'nothing.png',
    '00000000-0000-4000-8000-000000000000.png',
    '..%2f..%2fetc%2fpasswd',
    '..%5c..%5cgateway.yaml',
    '%2e%2e%2fdata',
    '%00.png',
    '%E0%A4%A',
    '.',
    '',
    '00000000-0000-4000-8000-000000000000.png.part',
  ])('is 404: %s', async (name) => {
    expect((await rawGet(`/uploads/${name}`)).status).toBe(404);
  });

  it.each(['/uploads/../data/data.mdb', '/uploads/../../../../etc/passwd', '//uploads//etc/passwd'])(
    'is 404 as a path too: %s',
    async (path) => {
      expect((await rawGet(path)).status).toBe(404);
    },
  );

  it('answers JSON that no page runs', async () => {
    const { status, headers } = await send('GET', `${gateway.url}/uploads/nothing.png`);
    expect([status, headers.get('content-type')]).toEqual([404, 'application/json; charset=utf-8']);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });
});

/** A request whose path goes as it is: `fetch` would tidy it up. */
async function rawGet(path: string): Promise<{ status: number }> {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n`);
  let text = '';
  for await (const bytes of socket) text += String(bytes);
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]) };
}
