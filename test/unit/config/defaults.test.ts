import { describe, expect, it } from 'vitest';
import { type Config, describeConfig, warningsOf, welcome } from '../../../src/config/index.ts';
import { resolveProcesses } from '../../../src/config/processes.ts';
import { errorsOf, read, sample, sampleWith } from './sample.ts';

const quota = { session: 67_108_864, site: 4_294_967_296, total: 17_179_869_184 };
/** But for sessions that may be short, of which any site is warned. */
const warned = (config: Config) => warningsOf(config).filter((text) => !text.includes('session.minLength'));

describe('a configuration with nothing but what it must have', () => {
  const config = read(sample);

  it('gets every default', () => {
    expect(config).toMatchObject({
      file: '/srv/shop/gateway.yaml',
      listen: { host: '127.0.0.1', port: 8080, trustProxy: 0 },
      store: { engine: 'embedded', path: '/srv/shop/data', maxMessages: 10_000 },
      uploads: { kind: 'folder', path: '/srv/shop/data/uploads', maxBytes: 10_485_760, quota },
      admin: { tokens: [], audit: { keepMs: 7_776_000_000 } },
      observability: {},
      limits: {
        address: { points: 6_000, seconds: 60 },
        failedAuthentications: { points: 100, seconds: 60 },
        connections: 20_000,
        connectionsPerAddress: 4_096,
        calls: 2_000,
        followersPerConversation: 100,
        followers: 20_000,
      },
      log: { level: 'info', format: 'json', access: true },
      idempotency: { windowMs: 86_400_000 },
      heartbeatSeconds: 15,
      drainMs: 30_000,
      processes: 1,
    });
  });

  it('accepts a key in every keyed dialect, and the first agent answers for it', () => {
    expect(config.tenants[0]?.keys[0]).toMatchObject({
      dialects: ['homie', 'item-discovery', 'agent-slug', 'tenant-chats', 'openai'],
      agentId: '5e9c1a2b-3d4e-4f60-b2f2-9f4b1c2d3e4f',
      adoptUnknownIds: false,
      revoked: false,
      limits: {},
    });
    expect(config.tenants[0]?.sites[0]).toMatchObject({ agentId: '5e9c1a2b-3d4e-4f60-b2f2-9f4b1c2d3e4f', limits: {} });
  });
});

describe('images', () => {
  const overRedis = (rest: object = {}) => read({ ...sample, store: { engine: 'redis', url: 'redis://a' }, ...rest });

  it('are named at the start, with where they are', () => {
    expect(welcome(read(sample), 'http://x')).toContain('images in folder /srv/shop/data/uploads');
    const bucket = read({ ...sample, uploads: { bucket: 'shop-uploads', endpoint: 'https://s3.example' } });
    expect(welcome(bucket, 'http://x')).toContain('images in bucket shop-uploads at https://s3.example');
  });

  it('that other machines would not find are warned of, where there can be any', () => {
    expect(warned(overRedis())).toEqual([expect.stringContaining('/srv/shop/uploads')]);
    expect(warned(overRedis({ tenants: [{ ...sample.tenants[0], sites: [] }] }))).toEqual([]);
    expect(warned(overRedis({ uploads: { bucket: 'shop-uploads', region: 'x' } }))).toEqual([]);
    expect(warned(read(sample))).toEqual([]);
  });
});

describe('what one address may ask', () => {
  it('is told at the start, and that it may ask anything', () => {
    expect(welcome(read(sample), 'http://x')).toContain('limits: 6000 calls in 60 s of one address');
    expect(welcome(read(sampleWith('limits.address', 'off')), 'http://x')).toContain(
      'any number of calls of one address',
    );
  });
});

describe('a place of its own', () => {
  const place = { port: 9_090 };
  it('for metrics and for operators is on loopback unless it is told, and where they are is said', () => {
    const config = read(sampleWith('observability', { listen: place }));
    expect(config.observability).toEqual({ listen: { host: '127.0.0.1', port: 9_090 } });
    expect(read(sampleWith('admin', { tokens: [], listen: place })).admin.listen).toEqual({
      host: '127.0.0.1',
      port: 9_090,
    });
    expect(welcome(config, 'http://x', { metricsUrl: 'http://y' })).toContain('metrics http://y/metrics');
  });
});

describe('a site', () => {
  it('whose users sign by a short secret is warned of, and does not require it unless it says so', () => {
    const signed = (length: number) => sampleWith('tenants.0.sites.0.identity', { secret: 'x'.repeat(length) });
    expect(warned(read(signed(31)))).toEqual([expect.stringContaining('identity.secret of the site sk_live')]);
    expect(warned(read(signed(32)))).toEqual([]);
    const [site] = read(signed(32)).tenants[0]?.sites ?? [];
    expect(site?.identity).toEqual({ secret: 'x'.repeat(32), required: false });
    expect(read(sample).tenants[0]?.sites[0]).not.toHaveProperty('identity');
    const fromOutside = sampleWith('tenants.0.sites.0.identity', { secret: '${SIGNING}', required: '${MUST}' });
    const [given] = read(fromOutside, { SIGNING: '123', MUST: 'true' }).tenants[0]?.sites ?? [];
    expect(given?.identity).toEqual({ secret: '123', required: true });
  });

  it('that any page may use is warned of', () => {
    const open = sampleWith('tenants.0.sites.0.origins', ['https://shop.example', '*']);
    expect(warned(read(open))).toEqual([expect.stringContaining('sk_live')]);
  });
});

describe('what is written', () => {
  it.each(['sales-bot', '7a1d4c3e-9b52-4e08-a6f1-3c8d2b5e7f90'])(
    'names an agent by %s, kept as a lower-case id',
    (agent) => {
      const tenant = read(sampleWith('tenants.0.keys.0.agent', agent)).tenants[0];
      expect(tenant?.keys[0]?.agentId).toBe('7a1d4c3e-9b52-4e08-a6f1-3c8d2b5e7f90');
      expect(tenant?.agents[1]?.id).toBe('7a1d4c3e-9b52-4e08-a6f1-3c8d2b5e7f90');
    },
  );

  it.each([
    ['90s', 90_000],
    ['30m', 1_800_000],
    ['7d', 604_800_000],
  ])('%s is a time', (window, windowMs) => {
    expect(read(sampleWith('idempotency', { window })).idempotency).toEqual({ windowMs });
  });

  it.each([
    ['a.jsonl', 'ndjson'],
    ['A.CSV', 'csv'],
    ['feed.txt', 'tsv'],
    ['feed.xml', 'xml'],
  ])('the format of %s is %s', (file, format) => {
    expect(read(sampleWith('catalogs.shop', { file })).catalogs['shop']).toEqual({
      file: `/srv/shop/${file}`,
      format,
      fields: {},
      maxShrink: 0.5,
      maxProducts: 1_000_000,
    });
  });

  it('of a catalogue in a database is how it is asked', () => {
    const url = 'postgres://shop:secret@db.internal/shop';
    const catalog = { engine: 'postgres', url, file: './a.csv' };
    expect(read(sampleWith('catalogs.shop', catalog)).catalogs['shop']?.database).toEqual({
      url,
      connections: 10,
      timeoutMs: 2_000,
    });
    const own = { ...catalog, connections: 3, timeout: '500ms' };
    expect(read(sampleWith('catalogs.shop', own)).catalogs['shop']?.database).toMatchObject({
      connections: 3,
      timeoutMs: 500,
    });
    const told = describeConfig(read(sampleWith('catalogs.shop', catalog))).join('\n');
    expect(told).toContain('catalogue shop: csv file /srv/shop/a.csv, in PostgreSQL at db.internal/shop');
    expect(told).not.toContain('secret');
  });

  it('stays as it is beside the defaults', () => {
    const limits = { address: { points: 5, seconds: 1 } };
    const { limits: defaults } = read(sample);
    const address = { ...limits.address, isShared: true };
    expect(read(sampleWith('limits', limits)).limits).toEqual({ ...defaults, address });
    const { address: _none, ...unlimited } = defaults;
    expect(read(sampleWith('limits', { address: 'off' })).limits).toEqual(unlimited);
    expect(read(sampleWith('catalogs.shop.file', '/feeds/all.csv')).catalogs['shop']?.file).toBe('/feeds/all.csv');
  });

  it('of a backend on another server comes with guards; what answers here is not asked twice', () => {
    const llm = { type: 'openai', baseUrl: 'http://127.0.0.1:1/v1', model: 'm', timeouts: { idle: '5s' } };
    const backends = { shop: sample.backends.shop, llm, safe: { type: 'fallback', of: ['llm', 'shop'] } };
    const read1 = read({ ...sample, backends, timeouts: { connect: '200ms', total: '2m' } }).backends;
    const timeouts = { connectMs: 200, firstEventMs: 30_000, idleMs: 30_000, totalMs: 120_000 };
    expect(read1['llm']).toEqual({
      ...llm,
      apiKeys: [],
      body: {},
      query: {},
      streaming: 'auto',
      vision: true,
      tools: true,
      pageQuery: false,
      reasoning: 'hide',
      images: { hosts: [] },
      headers: {},
      history: { messages: 50, characters: 40_000 },
      timeouts: { ...timeouts, idleMs: 5_000 },
      retry: { attempts: 2, waitMs: 250 },
      breaker: { failures: 5, restMs: 30_000 },
    });
    expect(read1['shop']).toEqual({ type: 'catalog', catalog: 'shop', timeouts });
    expect(read1['safe']).toEqual({ ...backends.safe, timeouts: {} });
  });

  it('of a store in Redis says where it is, and what all keys begin with', () => {
    const redis = { engine: 'redis', url: 'redis://127.0.0.1:6379', retention: '90d' };
    expect(read({ ...sample, store: redis })).toMatchObject({
      store: {
        engine: 'redis',
        place: { url: redis.url },
        prefix: 'dragoman',
        retentionDays: 90,
        durability: 'relaxed',
        maxMessages: 10_000,
      },
      uploads: { path: '/srv/shop/uploads' },
    });
    const sentinels = ['redis://127.0.0.1:26379'];
    expect(read({ ...sample, store: { engine: 'redis', sentinels } }).store).toMatchObject({
      place: { sentinels, group: 'mymaster' },
    });
    const access = { username: 'gateway', password: 'word' };
    expect(read({ ...sample, store: { engine: 'redis', sentinels, group: 'shop', ...access } }).store).toMatchObject({
      place: { sentinels, group: 'shop', ...access },
    });
    expect(read(sampleWith('store.retention', '7d')).store).toMatchObject({ engine: 'embedded', retentionDays: 7 });
    expect(read(sampleWith('store.maxMessages', 500)).store).toMatchObject({ engine: 'embedded', maxMessages: 500 });
    for (const [reserve, reserveBytes] of [
      ['2MB', 2_097_152],
      ['1 GB', 1_073_741_824],
      [1_500_000, 1_500_000],
    ]) {
      const { store, uploads } = read(sampleWith('store.reserve', reserve));
      expect([store, uploads]).toMatchObject([{ reserveBytes }, { reserveBytes }]);
    }
    expect(read({ ...sample, store: { ...redis, maxMessages: 500 } }).store).toMatchObject({ maxMessages: 500 });
  });

  it('of a day’s tokens sets a thousand aside for a reply, unless it says how many', () => {
    const limits = { openStreams: 2, tokens: { perDay: 200_000 } };
    expect(read(sampleWith('tenants.0.keys.0.limits', limits)).tenants[0]?.keys[0]?.limits).toEqual({
      openStreams: 2,
      tokens: { perDay: 200_000, reserve: 1_000 },
    });
    const small = { tokens: { perDay: 500, reserve: 0 } };
    expect(read(sampleWith('tenants.0.sites.0.limits', small)).tenants[0]?.sites[0]?.limits).toEqual(small);
  });

  it('of uploads is a folder, or a bucket of AWS or of another server', () => {
    const uploadsOf = (uploads: unknown) => read({ ...sample, uploads }).uploads;
    expect(uploadsOf({ path: './images', maxBytes: 5 })).toEqual({
      kind: 'folder',
      path: '/srv/shop/images',
      maxBytes: 5,
      quota,
    });
    expect(uploadsOf({ path: 'images', maxBytes: 100_000_000, quota: { site: 7 } })).toMatchObject({
      quota: { session: 100_000_000, site: 7, total: quota.total },
    });
    const kind = { kind: 'bucket', bucket: 'shop-uploads', prefix: 'uploads/', maxBytes: 10_485_760, quota };
    expect(uploadsOf({ bucket: 'shop-uploads', region: 'eu-central-1' })).toEqual({
      ...kind,
      region: 'eu-central-1',
      pathStyle: false,
    });
    const credentials = { accessKeyId: 'a', secretAccessKey: 's' };
    const own = { bucket: 'shop-uploads', endpoint: 'https://s3.example:9000' };
    expect(uploadsOf({ ...own, ...credentials })).toEqual({
      ...kind,
      ...own,
      credentials,
      region: 'auto',
      pathStyle: true,
    });
    const changed = { region: 'x-1', prefix: '', pathStyle: false, maxBytes: 7 };
    expect(uploadsOf({ ...own, ...changed })).toEqual({ ...kind, ...own, ...changed });
  });

  it('of a bucket’s credentials is shown to nobody', () => {
    const uploads = { bucket: 'shop-uploads', region: 'x', accessKeyId: 'AN-ACCESS-KEY', secretAccessKey: 'A-SECRET' };
    expect(welcome(read({ ...sample, uploads }), 'http://127.0.0.1:8080')).not.toMatch(/AN-ACCESS-KEY|A-SECRET/);
  });

  it('of a secret is one digest, or several while one takes the place of another', () => {
    const [one, other] = ['a', 'b'].map((digit) => digit.repeat(64));
    const hashesIn = (sha256: unknown) => {
      const tokens = [{ name: 'operator', sha256 }];
      const { tenants, admin } = read({ ...Object(sampleWith('tenants.0.keys.0.sha256', sha256)), admin: { tokens } });
      return [tenants[0]?.keys[0]?.sha256, admin.tokens[0]?.sha256];
    };
    expect(hashesIn(one)).toEqual([[one], [one]]);
    expect(hashesIn([one, other])).toEqual([
      [one, other],
      [one, other],
    ]);
  });

  it('of processes is a number, or auto, also from the environment', () => {
    const redis = { ...sample, store: { engine: 'redis', url: 'redis://127.0.0.1' } };
    const processesOf = (processes: unknown, env = {}) => read({ ...redis, processes }, env).processes;
    expect(processesOf(3)).toBe(3);
    expect(processesOf('auto')).toBe(resolveProcesses('auto'));
    expect(processesOf('${PROCESSES}', { PROCESSES: '4' })).toBe(4);
    expect(processesOf('${PROCESSES}', { PROCESSES: 'auto' })).toBe(resolveProcesses('auto'));
    expect(read(sampleWith('processes', 1)).processes).toBe(1);
  });

  it('of an origin has no total time, and lets it be quiet, unless one is written', () => {
    const legacy = { target: 'http://127.0.0.1:1' };
    const origins = { legacy, strict: { ...legacy, timeouts: { idle: '5s', total: '1m' } } };
    const resolved = read({ ...sample, origins, timeouts: { connect: '1s' } }).origins;
    expect(resolved['legacy']?.timeouts).toEqual({ connectMs: 1_000, firstEventMs: 30_000, idleMs: 300_000 });
    expect(resolved['strict']?.timeouts).toMatchObject({ idleMs: 5_000, totalMs: 60_000 });
  });

  it('may be shared by anchors', () => {
    const yaml = JSON.stringify(sampleWith('tenants.0.keys.0.limits', 'LIMITS'))
      .replace('"LIMITS"', '{ requests: *standard }')
      .replace('{', '{"limits": { address: &standard { points: "${POINTS:-7}", seconds: 60 } },');
    const config = read(yaml);
    expect(config.tenants[0]?.keys[0]?.limits.requests).toEqual({ points: 7, seconds: 60 });
    expect(config.limits.address).toEqual({ points: 7, seconds: 60, isShared: true });
    expect(errorsOf(yaml, { POINTS: 'x' })).toHaveLength(2);
  });
});
