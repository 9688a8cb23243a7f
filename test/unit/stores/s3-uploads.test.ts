import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openS3Uploads, type S3UploadsOptions } from '../../../src/stores/s3-uploads/s3-uploads.ts';
import type { UploadStore } from '../../../src/stores/upload-store.ts';
import { type S3Server, startS3 } from '../../support/s3-server.ts';
import { nameIn, uploadStoreContract, urlOf } from '../../support/upload-store-contract.ts';

const optionsFor = ({ url, bucket, credentials }: S3Server): S3UploadsOptions => ({
  bucket,
  endpoint: url,
  region: 'auto',
  credentials,
  prefix: 'uploads/',
  pathStyle: true,
  urlOf,
});

const soon = { timeout: 10_000 };

uploadStoreContract('bucket', async () => {
  const server = await startS3();
  return { open: () => openS3Uploads(optionsFor(server)), remove: () => server.stop() };
});

describe('a bucket of uploads', () => {
  let server: S3Server;
  const opened: UploadStore[] = [];
  beforeEach(async () => {
    server = await startS3();
  });
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close?.();
    await server.stop();
  });

  const open = async (changed: Partial<S3UploadsOptions> = {}) => {
    const store = await openS3Uploads({ ...optionsFor(server), ...changed });
    opened.push(store);
    return store;
  };
  const image = { bytes: Buffer.from('image'), type: 'image/png' } as const;
  const save = async (store: UploadStore, bytes: Buffer = image.bytes) =>
    nameIn((await store.save({ ...image, bytes })).url);
  const contentOf = async (store: UploadStore, name: string) => (await store.open(name))?.content ?? Readable.from([]);
  const text = async (store: UploadStore, name: string) => (await buffer(await contentOf(store, name))).toString();
  const unavailable = (reason: RegExp) => ({
    code: 'store-unavailable',
    publicMessage: 'The service is unavailable at the moment',
    message: expect.stringMatching(reason),
  });

  it('holds each image under the prefix, with its type', async () => {
    const name = await save(await open({ prefix: 'shop/images/' }));
    expect([...server.objects]).toEqual([[`shop/images/${name}`, image]]);
  });

  it('may have no prefix', async () => {
    const name = await save(await open({ prefix: '' }));
    expect([...server.objects.keys()]).toEqual([name]);
  });

  it('is not asked for a name that cannot be there, nor before anybody wants something', async () => {
    const store = await open();
    await store.open('nothing.png');
    expect(server.received).toEqual([]);
  });

  it.each([
    ['asks for patience', 'slow-down'],
    ['cuts the connection', 'reset'],
  ] as const)('that %s once is asked again, in both directions', async (_how, fault) => {
    const store = await open();
    server.fail(fault);
    const name = await save(store);
    expect([...server.objects.keys()]).toEqual([`uploads/${name}`]);
    server.fail(fault);
    expect(await text(store, name)).toBe('image');
    expect(server.received).toHaveLength(4);
  });

  it('that does not answer once is asked again', async () => {
    const store = await open({ times: { answerMs: 1_500 } });
    server.fail('silence');
    expect(await text(store, await save(store))).toBe('image');
    expect(server.received).toHaveLength(3);
  });

  it.each([
    ['asks for patience', 'slow-down', /SlowDown, 503$/],
    ['cuts the connection', 'reset', /ECONNRESET$/],
  ] as const)('that %s is asked three times, and no more', async (_how, fault, reason) => {
    const store = await open();
    server.fail(fault, 9);
    await expect(store.save(image)).rejects.toMatchObject(unavailable(reason));
    expect(server.received).toHaveLength(3);
    expect(server.objects.size).toBe(0);
  });

  it('that is away is told at once, and used again when it is back', async () => {
    const store = await open();
    const name = await save(store);
    await server.stop();
    await expect(store.save(image)).rejects.toMatchObject(unavailable(/in the bucket shop-uploads: ECONNREFUSED$/));
    await expect(store.open(name)).rejects.toMatchObject(unavailable(/ECONNREFUSED$/));
    await server.start();
    expect(await text(store, name)).toBe('image');
    expect(await text(store, await save(store))).toBe('image');
  });

  it.each([
    ['nobody’s', { credentials: { accessKeyId: 'SOMEBODY', secretAccessKey: 'x' } }, /InvalidAccessKeyId, 403$/],
    ['wrong', { credentials: { accessKeyId: 'TESTACCESSKEY', secretAccessKey: 'x' } }, /SignatureDoesNotMatch, 403$/],
    ['of another bucket', { bucket: 'another' }, /NoSuchBucket, 404$/],
  ])('whose credentials are %s is away to us, and says nothing of it', async (_what, changed, reason) => {
    const name = await save(await open());
    const store = await open(changed);
    for (const ask of [() => store.save(image), () => store.open(name)]) {
      const failure = await ask().catch((thrown: unknown) => thrown);
      expect(failure).toMatchObject(unavailable(reason));
      expect(inspect(failure, { depth: 10 })).not.toMatch(/TESTACCESSKEY|SOMEBODY|calculated|records|does not exist/);
    }
    expect(server.received).toHaveLength(3);
  });

  it('that denies is away to us', async () => {
    const store = await open();
    server.fail('denied');
    await expect(store.save(image)).rejects.toMatchObject(unavailable(/AccessDenied, 403$/));
    expect(server.received).toHaveLength(1);
  });

  it('that is none, but answers, has kept nothing', async () => {
    const store = await open();
    server.fail('page');
    await expect(store.save(image)).rejects.toMatchObject(unavailable(/no bucket$/));
    const name = await save(store);
    server.fail('page');
    await expect(store.open(name)).rejects.toMatchObject(unavailable(/how long the image is$/));
  });

  it.each(['silence', 'endless-error'] as const)('that answers with %s is given up in time', async (fault) => {
    const name = await save(await open());
    const store = await open({ times: { answerMs: 100 } });
    server.fail(fault, 9);
    await expect(store.save(image)).rejects.toMatchObject(unavailable(/ETIMEDOUT|took too long/));
    await expect(store.open(name)).rejects.toMatchObject(unavailable(/ETIMEDOUT|took too long/));
    await expect.poll(() => server.serving, soon).toBe(0);
  });

  it.each([
    ['breaks off', 'break-off', {}, /broke off$/],
    ['falls silent', 'stall', { silenceMs: 100 }, /fell silent$/],
  ] as const)('that %s within an image fails its reader', async (_how, fault, times, reason) => {
    const store = await open({ times });
    const name = await save(store, randomBytes(1_000_000));
    server.fail(fault);
    const pieces: Buffer[] = [];
    const reading = async () => {
      for await (const piece of await contentOf(store, name)) pieces.push(piece as Buffer); // a stream of bytes
    };
    await expect(reading()).rejects.toMatchObject(unavailable(reason));
    expect(Buffer.concat(pieces).length).toBeLessThanOrEqual(500_000);
    await expect.poll(() => server.connections(), soon).toBe(0);
  });

  it('does not give up who reads slowly, and sends no faster than is read', async () => {
    const store = await open({ times: { silenceMs: 500 } });
    const bytes = randomBytes(20_000_000);
    const name = await save(store, bytes);
    const pieces: Buffer[] = [];
    for await (const piece of await contentOf(store, name)) {
      if (pieces.length === 1) {
        await pause(1_500); // longer than the bucket may be silent
        expect(server.serving).toBe(1);
      }
      pieces.push(piece as Buffer); // a stream of bytes
    }
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  });

  it('hears that its reader has left', async () => {
    const store = await open();
    const name = await save(store, randomBytes(50_000_000));
    for await (const _piece of await contentOf(store, name)) break;
    await expect.poll(() => server.left, soon).toBe(1);
    await expect.poll(() => server.connections(), soon).toBe(0);
  });

  it('keeps its connections for the next', async () => {
    const store = await open();
    const name = await save(store);
    for (let count = 0; count < 5; count += 1) expect(await text(store, name)).toBe('image');
    expect(await server.connections()).toBe(1);
  });

  it('that is closed ends what runs, and lets go of all', async () => {
    const store = await open();
    const name = await save(store, randomBytes(50_000_000));
    const content = await contentOf(store, name);
    server.fail('silence');
    const asked = expect(store.save(image)).rejects.toMatchObject(unavailable(/it was closed$/));
    await expect.poll(() => server.received, soon).toHaveLength(3);
    await store.close?.();
    await asked;
    await expect.poll(() => content.destroyed, soon).toBe(true); // while nobody reads
    await expect(buffer(content)).rejects.toMatchObject(unavailable(/broke off$/));
    await expect.poll(() => server.connections(), soon).toBe(0);
  });
});
