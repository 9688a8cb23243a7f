import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { readMetric } from '../support/metrics.ts';
import { pictureOf, pngOfSize } from '../support/pictures.ts';
import { type S3Server, startS3 } from '../support/s3-server.ts';
import { createScriptedBackend } from '../support/scripted-backend.ts';

const png = pictureOf('image/png');

/** An image of so many bytes. */
const pngOf = (size: number) => pngOfSize(size, (length) => Buffer.alloc(length, randomBytes(10_007)));

const soon = { timeout: 10_000 };

describe('a gateway whose uploads are in a bucket', () => {
  let bucket: S3Server;
  const gateways: TestGateway[] = [];
  beforeEach(async () => {
    bucket = await startS3();
  });
  afterEach(async () => {
    // Whatever happened to them: nobody who reads the logs learns how to ask the bucket.
    const logged = JSON.stringify(gateways.map((gateway) => gateway.logged));
    for (const gateway of gateways.splice(0)) await gateway.close();
    await bucket.stop();
    const { accessKeyId, secretAccessKey } = bucket.credentials;
    for (const secret of [accessKeyId, secretAccessKey, 'a-wrong-secret', 'Signature=']) {
      expect(logged).not.toContain(secret);
    }
  });

  const run = async (uploads: Record<string, unknown> = {}) => {
    const gateway = await runGateway({
      backends: { shop: createScriptedBackend().backend },
      configure(demo) {
        demo.uploads = { bucket: bucket.bucket, endpoint: bucket.url, ...bucket.credentials, ...uploads };
      },
    });
    gateways.push(gateway);
    return gateway;
  };
  const upload = ({ url }: TestGateway, bytes: Buffer) => {
    const form = new FormData();
    form.set('site_key', 'sk_demo');
    form.set('session_id', 'sess_1');
    form.set('image', new Blob([new Uint8Array(bytes)]), 'picture.png');
    return send('POST', `${url}/api/v1/chat/upload-image`, { raw: form });
  };
  const kept = async (gateway: TestGateway, bytes = png) => {
    const { status, body } = await upload(gateway, bytes);
    expect(status).toBe(200);
    return new URL(body.url);
  };
  const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer());
  const away = { success: false, error: 'The service is unavailable at the moment' };
  const failures = ({ logged }: TestGateway) => logged.filter(({ code }) => code === 'store-unavailable');

  it('keeps an image there, and serves it under its own address, byte for byte', async () => {
    const gateway = await run();
    const bytes = pngOf(1_000_000);
    const url = await kept(gateway, bytes);
    expect(url.href).toMatch(new RegExp(`^${gateway.url}/uploads/[0-9a-f-]{36}\\.png$`));
    expect([...bucket.objects.keys()]).toEqual([url.pathname.slice(1)]);
    const served = await fetch(url);
    expect([served.status, served.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect(served.headers.get('cache-control')).toContain('immutable');
    expect(served.headers.get('content-security-policy')).toContain('sandbox');
    expect(served.headers.get('etag')).toBeNull();
    expect((await bytesOf(served)).equals(bytes)).toBe(true);
  });

  it('serves what another gateway has kept', async () => {
    const [one, other] = [await run(), await run()];
    const { pathname } = await kept(one);
    expect(await bytesOf(await fetch(new URL(pathname, other.url)))).toEqual(png);
  });

  it('knows no image that nobody has kept', async () => {
    const gateway = await run();
    for (const name of ['nothing.png', '00000000-0000-4000-8000-000000000000.png', '..%2f..%2fsecret']) {
      const { status, headers } = await send('GET', `${gateway.url}/uploads/${name}`);
      expect([status, headers.get('content-type')]).toEqual([404, 'application/json; charset=utf-8']);
    }
    expect(bucket.received).toHaveLength(1);
  });

  it('says in the widget’s words that the bucket is away, and loses nothing that it has kept', async () => {
    const gateway = await run();
    const before = await kept(gateway);
    await bucket.stop();
    expect(await upload(gateway, png)).toMatchObject({ status: 503, body: away });
    expect(failures(gateway)).toMatchObject([
      { msg: 'widget upload-image', reason: expect.stringMatching(/in the bucket shop-uploads: ECONNREFUSED$/) },
    ]);
    await bucket.start();
    expect(bucket.objects.size).toBe(1);
    const after = await kept(gateway);
    for (const url of [before, after]) expect(await bytesOf(await fetch(url))).toEqual(png);
  });

  it('answers for an image of a bucket that is away as for all that is its own: counted and logged once', async () => {
    const gateway = await run();
    const url = await kept(gateway);
    await bucket.stop();
    const { status, headers, body } = await send('GET', url.href);
    expect([status, headers.get('content-type')]).toEqual([503, 'application/json; charset=utf-8']);
    expect(JSON.stringify(body)).toContain('The service is unavailable at the moment');
    expect(JSON.stringify(body)).not.toMatch(/bucket|shop-uploads|ECONNREFUSED/);
    expect(failures(gateway)).toHaveLength(1);
    expect(await readMetric(gateway.url, 'dragoman_requests_total', { code: 'store-unavailable' })).toBe(1);
    await bucket.start();
    expect(await bytesOf(await fetch(url))).toEqual(png);
  });

  it.each([
    ['a wrong secret', { secretAccessKey: 'a-wrong-secret' }, /SignatureDoesNotMatch, 403/],
    ['an unknown key', { accessKeyId: 'SOMEBODYELSE' }, /InvalidAccessKeyId, 403/],
  ])('does not tell its clients that %s is refused', async (_what, uploads, reason) => {
    const gateway = await run(uploads);
    expect(await upload(gateway, png)).toMatchObject({ status: 503, body: away });
    expect(failures(gateway)).toMatchObject([{ reason: expect.stringMatching(reason) }]);
    expect(JSON.stringify(gateway.logged)).not.toContain('calculated');
  });

  it('asks a bucket again that was too busy', async () => {
    const gateway = await run();
    bucket.fail('slow-down');
    const url = await kept(gateway);
    expect(await bytesOf(await fetch(url))).toEqual(png);
    expect(failures(gateway)).toEqual([]);
  });

  it('still takes no more bytes than an image may have', async () => {
    const gateway = await run({ maxBytes: 1_000 });
    expect(await upload(gateway, pngOf(1_001))).toMatchObject({ status: 413, body: { success: false } });
    expect(bucket.received).toEqual([]);
    await kept(gateway, pngOf(1_000));
  });

  it('does not let an image that breaks off look whole, and says so once', async () => {
    const gateway = await run();
    const url = await kept(gateway, pngOf(1_000_000));
    bucket.fail('break-off');
    await expect(fetch(url).then(bytesOf)).rejects.toThrow();
    await expect.poll(() => failures(gateway), soon).toMatchObject([{ msg: 'an image was not served to its end' }]);
  });

  describe('and an image that is long', () => {
    const maxBytes = 50_000_000;

    it('lets go of it when its reader leaves, and logs no failure', async () => {
      const gateway = await run({ maxBytes });
      const url = await kept(gateway, pngOf(maxBytes));
      const leaving = new AbortController();
      const served = await fetch(url, { signal: leaving.signal });
      await served.body?.getReader().read();
      expect(bucket.serving).toBe(1);
      leaving.abort();
      await expect.poll(() => [bucket.serving, bucket.left], soon).toEqual([0, 1]);
      expect(failures(gateway)).toEqual([]);
    });

    it('lets go of it when its reader has left before it began', async () => {
      const gateway = await run({ maxBytes });
      const url = await kept(gateway, pngOf(maxBytes));
      const begin = bucket.hold();
      const leaving = new AbortController();
      const asked = fetch(url, { signal: leaving.signal });
      await expect.poll(() => bucket.received, soon).toHaveLength(2);
      leaving.abort();
      await expect(asked).rejects.toThrow();
      await fetch(new URL('/healthz', gateway.url)); // it has heard of that then
      begin();
      await expect.poll(() => [bucket.serving, bucket.left], soon).toEqual([0, 1]);
    });

    it('does not read it for who only looks at it', async () => {
      const gateway = await run({ maxBytes });
      const url = await kept(gateway, pngOf(maxBytes));
      const head = await fetch(url, { method: 'HEAD' });
      expect([head.status, head.headers.get('content-length')]).toEqual([200, String(maxBytes)]);
      await expect.poll(() => [bucket.serving, bucket.left], soon).toEqual([0, 1]);
    });

    it('closes while somebody reads it', async () => {
      const gateway = await run({ maxBytes });
      const url = await kept(gateway, pngOf(maxBytes));
      const served = await fetch(url);
      const reader = served.body?.getReader();
      await reader?.read();
      await gateway.close();
      gateways.splice(0);
      await expect.poll(() => [bucket.serving, bucket.left], soon).toEqual([0, 1]);
      await reader?.cancel();
    });
  });
});
