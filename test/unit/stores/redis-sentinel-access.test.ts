import { afterEach, describe, expect, it, vi } from 'vitest';
import { openRedisStore, type RedisPlace } from '../../../src/stores/redis/index.ts';
import type { Store } from '../../../src/stores/store.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { hasAll, hasProgram } from '../../support/needs.ts';
import { freePort, type RedisServer, startRedis, startSentinel } from '../../support/redis-server.ts';

const certificate = makeCertificate();
const isComplete = hasAll({ 'redis-server': hasProgram('redis-server'), openssl: certificate !== undefined });
const group = 'dragoman';
const away = { code: 'store-unavailable' };

const started: RedisServer[] = [];
const opened: Store[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(opened.splice(0).map((store) => store.close()));
  await Promise.all(started.splice(0).map((server) => server.remove()));
});

async function openStore(place: RedisPlace): Promise<Store> {
  const store = await openRedisStore({ place, prefix: 'test' });
  opened.push(store);
  return store;
}
async function begin(starting: Promise<RedisServer>): Promise<RedisServer> {
  const server = await starting;
  started.push(server);
  return server;
}
/** From now on everybody has to say who they are: a user of this name, who may do everything. */
async function lock(server: RedisServer, user: string, password: string): Promise<void> {
  const client = server.client();
  await client.call('ACL', 'SETUSER', user, 'on', `>${password}`, '~*', '&*', '+@all');
  await client.call('ACL', 'SETUSER', 'default', 'off');
}

describe.runIf(isComplete)('a group behind Sentinels', () => {
  async function startGroup() {
    const master = await begin(startRedis());
    const sentinel = await begin(startSentinel(`sentinel monitor ${group} 127.0.0.1 ${master.port} 1`));
    return { master, sentinel };
  }

  it('can have a user of its own, and its Sentinels another', async () => {
    const { master, sentinel } = await startGroup();
    await lock(master, 'gateway', 'w/rd');
    await lock(sentinel, 'asker', 'other');
    const sentinels = [`redis://asker:other@127.0.0.1:${sentinel.port}`];
    const store = await openStore({ sentinels, group, username: 'gateway', password: 'w/rd' });
    await expect(store.check()).resolves.toBeUndefined();
    const stranger = await openStore({ sentinels, group });
    await expect(stranger.check()).rejects.toMatchObject(away);
  });

  it('can have nothing but a password, and Sentinels that ask for none', async () => {
    const { master, sentinel } = await startGroup();
    await master.client().config('SET', 'requirepass', 'word');
    const store = await openStore({ sentinels: [sentinel.url], group, password: 'word' });
    await expect(store.check()).resolves.toBeUndefined();
  });

  it('is not spoken to in the clear where its Sentinels are rediss://', async () => {
    const { sentinel } = await startGroup();
    const store = await openStore({ sentinels: [`rediss://127.0.0.1:${sentinel.port}`], group });
    await expect(store.check()).rejects.toMatchObject(away);
  });

  it('is spoken to by TLS there, as they are', async () => {
    const files = { '--tls-cert-file': certificate?.certificate ?? '', '--tls-key-file': certificate?.key ?? '' };
    const settings = { ...files, '--tls-ca-cert-file': files['--tls-cert-file'], '--tls-auth-clients': 'no' };
    const [masterPort, sentinelPort] = [await freePort(), await freePort()];
    const master = await begin(startRedis('--tls-port', String(masterPort), ...Object.entries(settings).flat()));
    await begin(
      startSentinel(
        `tls-port ${sentinelPort}`,
        ...Object.entries(settings).map(([name, value]) => `${name.slice(2)} ${value}`),
        `sentinel monitor ${group} 127.0.0.1 ${masterPort} 1`,
      ),
    );
    // Signed by nobody that this process knows.
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const store = await openStore({ sentinels: [`rediss://127.0.0.1:${sentinelPort}`], group });
    await expect(store.check()).resolves.toBeUndefined();
    expect(await master.client().keys('test:check:*')).toHaveLength(1);
  });
});
