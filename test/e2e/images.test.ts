import { afterEach, describe, expect, it } from 'vitest';
import type { StartOptions } from '../../src/app.ts';
import { send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { readMetric } from '../support/metrics.ts';
import { hasAll, hasProgram } from '../support/needs.ts';
import { pictureOf, pngOfSize } from '../support/pictures.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { type S3Server, startS3 } from '../support/s3-server.ts';
import { createScriptedBackend } from '../support/scripted-backend.ts';

const admin = { authorization: 'Bearer demo-admin' };
const key = { 'x-api-key': 'demo-key' };
const soon = { timeout: 10_000 };

let gateway: TestGateway;
let redis: RedisServer | undefined;
let bucket: S3Server | undefined;
afterEach(async () => {
  await gateway.close();
  await redis?.remove();
  await bucket?.stop();
  [redis, bucket] = [undefined, undefined];
});

interface Wish {
  readonly isShared?: boolean;
  readonly images?: StartOptions['images'];
  readonly configure?: (demo: any) => void;
}

/** Over a folder and the embedded store, or over a bucket and Redis. */
async function start({ isShared = false, images, configure }: Wish): Promise<void> {
  if (isShared) {
    redis = await startRedis();
    bucket = await startS3();
  }
  gateway = await runGateway({
    backends: { shop: createScriptedBackend().backend },
    ...(images && { images }),
    configure(demo) {
      if (redis) demo.store = { engine: 'redis', url: redis.url };
      if (bucket) demo.uploads = { bucket: bucket.bucket, endpoint: bucket.url, ...bucket.credentials };
      configure?.(demo);
    },
  });
}

function upload(session: string, bytes: Uint8Array = pictureOf('image/png')) {
  const form = new FormData();
  form.set('site_key', 'sk_demo');
  form.set('session_id', session);
  form.set('image', new Blob([new Uint8Array(bytes)]), 'picture.png');
  return send('POST', `${gateway.url}/api/v1/chat/upload-image`, { raw: form });
}
const kept = async (session: string): Promise<string> => {
  const { status, body } = await upload(session);
  expect(status).toBe(200);
  return new URL(body.url as string).pathname;
};
const statusOf = async (path: string) => (await fetch(new URL(path, gateway.url))).status;

/** The session's conversation, which an operator has: nobody answers. */
async function conversationOf(session: string): Promise<string> {
  const url = `${gateway.url}/admin/v1/sites/sk_demo/sessions/${session}`;
  await send('POST', `${url}/nudges`, { headers: admin, json: { text: 'Hello' } });
  const { id } = (await send('GET', url, { headers: admin })).body;
  const path = `${gateway.url}/admin/v1/conversations/${id}`;
  await send('PATCH', path, { headers: admin, json: { mode: 'operator' } });
  return id as string;
}
const say = (session: string, image?: string) =>
  send('POST', `${gateway.url}/api/v1/chat/stream`, {
    json: {
      site_key: 'sk_demo',
      session_id: session,
      message: 'Look',
      ...(image && { image_url: gateway.url + image }),
    },
  });
const remove = (id: string) => send('DELETE', `${gateway.url}/api/v1/chats/${id}`, { headers: key });

const isComplete = hasAll({ 'redis-server': hasProgram('redis-server') });
const places: readonly (readonly [string, boolean])[] = [
  ['a folder beside the embedded store', false],
  ['a bucket beside Redis', true],
];

describe.each(places.filter(([, isShared]) => isComplete || !isShared))('images in %s', (_where, isShared) => {
  it('go with their conversation, shown or not, and nobody else’s with them', async () => {
    await start({ isShared });
    const id = await conversationOf('ann');
    const other = await conversationOf('bob');
    const [shown, unshown, foreign] = [await kept('ann'), await kept('ann'), await kept('bob')];
    await say('ann', shown);
    await say('bob', foreign);
    await say('bob', shown); // keeps nothing of hers
    await say('ann', foreign); // and takes nothing of his along
    expect((await remove(id)).status).toBe(200);
    expect(await Promise.all([shown, unshown, foreign].map(statusOf))).toEqual([404, 404, 200]);
    if (bucket) expect(bucket.objects.size).toBe(1);
    expect((await remove(other)).status).toBe(200);
    expect(await statusOf(foreign)).toBe(404);
    if (bucket) expect(bucket.objects.size).toBe(0);
  });

  it('are kept while a message shows them, and removed once the newest messages have none', async () => {
    const images = { unusedMs: 500, graceMs: 1, sweepEveryMs: 50 };
    const maxMessages = 100;
    await start({ isShared, images, configure: (demo) => (demo.store.maxMessages = maxMessages) });
    await conversationOf('ann');
    const [image, unused] = [await kept('ann'), await kept('nobody')];
    await say('ann', image);
    await say('ann');
    await expect.poll(() => statusOf(unused), soon).toBe(404);
    expect(await statusOf(image)).toBe(200);
    for (let count = 0; count < maxMessages; count += 1) await say('ann');
    await expect.poll(() => statusOf(image), soon).toBe(404);
  });

  it('have quotas that hold over a restart, and room again when images are gone', async () => {
    const quota = { session: 20_000, site: 30_000, total: 1_000_000 };
    await start({ isShared, configure: (demo) => (demo.uploads.quota = quota) });
    const id = await conversationOf('ann');
    const bytes = pngOfSize(9_000);
    expect((await upload('ann', bytes)).status).toBe(200);
    gateway = await gateway.restart();
    expect((await upload('ann', bytes)).status).toBe(200);
    expect(await upload('ann', bytes)).toMatchObject({
      status: 413,
      body: { success: false, error: expect.stringContaining('chat') },
    });
    expect((await upload('bob', bytes)).status).toBe(200);
    expect(await upload('eve', bytes)).toMatchObject({ status: 413, body: { error: expect.stringContaining('site') } });
    expect(await readMetric(gateway.url, 'dragoman_images_refused_total')).toBe(2);
    await remove(id);
    expect((await upload('ann', bytes)).status).toBe(200);
  });
});

describe.runIf(isComplete)('an image that cannot be removed', () => {
  it('is told of, and removed by a later sweep', async () => {
    await start({ isShared: true, images: { graceMs: 1, sweepEveryMs: 100 } });
    const id = await conversationOf('ann');
    const image = await kept('ann');
    await say('ann', image);
    bucket?.fail('denied', 2);
    expect((await remove(id)).status).toBe(200);
    expect(await readMetric(gateway.url, 'dragoman_images_unremoved_total')).toBeGreaterThan(0);
    expect(gateway.logged.some(({ msg }) => msg === 'image removal failed, to be tried again')).toBe(true);
    await expect.poll(() => bucket?.objects.size, soon).toBe(0);
    expect(await statusOf(image)).toBe(404);
  });
});

it('a session may send 120 images a minute', async () => {
  await start({});
  const statuses = [];
  for (let count = 0; count < 121; count += 1) statuses.push((await upload('ann')).status);
  expect(statuses.filter((status) => status === 429)).toHaveLength(1);
  expect((await upload('bob')).status).toBe(200);
});

it.runIf(isComplete)('images of a conversation that a process deleted and died go with the next sweep', async () => {
  await start({ isShared: true, images: { graceMs: 1, sweepEveryMs: 100 } });
  const id = await conversationOf('ann');
  const [image, other] = [await kept('ann'), await kept('ann')];
  await say('ann', image);
  // What is left in Redis when nobody could go on: the conversation is gone, its images are not.
  await redis?.client().del(`dragoman:{${id}}:record`, `dragoman:{${id}}:messages`);
  await expect.poll(() => bucket?.objects.size, soon).toBe(0);
  expect(await Promise.all([image, other].map(statusOf))).toEqual([404, 404]);
});
