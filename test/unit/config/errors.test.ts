import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/index.ts';
import { errorsOf, sample, sampleWith } from './sample.ts';

const secondTenant = { ...sample.tenants[0], id: 'another', keys: [], sites: [] };
const agent = sample.tenants[0]?.agents[0];
const token = { name: 'anna', sha256: 'b'.repeat(64) };
const ed25519 = generateKeyPairSync('ed25519');
const pem = (key: KeyObject, type: 'spki' | 'pkcs8') => key.export({ type, format: 'pem' }).toString();
const upstream = { type: 'upstream', baseUrl: 'http://127.0.0.1:1' };

const wrong: readonly (readonly [what: string, path: string, value: unknown, error: string])[] = [
  [
    'a mistyped key',
    'tenants.0.kyes',
    [],
    'tenants[0].kyes: expected a key that is known here: id, name, keys, sites, agents (did you mean keys?)',
  ],
  ['a mistyped top key', 'tenant', [], '(did you mean tenants?); got "tenant"'],
  [
    'a field of another kind of backend',
    'backends.shop.model',
    'gpt',
    'backends.shop.model: expected a key that is known here: type, catalog, questions, timeouts',
  ],
  [
    'an unknown kind of backend',
    'backends.shop.type',
    'catalogue',
    'backends.shop.type: expected one of catalog, openai, anthropic, upstream, module, fallback, weighted (did you mean catalog?)',
  ],
  ['an unknown engine', 'store.engine', 'sqlite', 'store.engine: expected one of embedded, redis; got "sqlite"'],
  [
    'a missing field',
    'backends.shop.catalog',
    undefined,
    'backends.shop.catalog: expected a value (A name in `catalogs`); got nothing',
  ],
  ['no tenant', 'tenants', [], 'tenants: expected at least one entry; got a list'],
  ['a tenant without an agent', 'tenants.0.agents', [], 'tenants[0].agents: expected at least one entry'],
  ['a number for text', 'tenants.0.id', 12, 'tenants[0].id: expected text, in quotes; got 12'],
  ['an empty tenant id', 'tenants.0.id', '', 'tenants[0].id: expected text that is not empty; got ""'],
  ['a long tenant id', 'tenants.0.id', 'x'.repeat(129), 'tenants[0].id: expected at most 128 characters'],
  ['a null', 'listen', null, 'listen: expected a mapping; got nothing'],
  ['an agent id that is no UUID', 'tenants.0.agents.0.id', 'support', 'tenants[0].agents[0].id: expected a UUID'],
  [
    'a slug in capitals',
    'tenants.0.agents.0.slug',
    'Support',
    'tenants[0].agents[0].slug: expected lower-case letters',
  ],
  [
    'an unknown dialect',
    'tenants.0.keys.0.dialects',
    ['hommie'],
    'tenants[0].keys[0].dialects[0]: expected one of homie, item-discovery, agent-slug, tenant-chats, openai (did you mean homie?)',
  ],
  [
    'a dialect without keys',
    'tenants.0.keys.0.dialects',
    ['widget'],
    'tenants[0].keys[0].dialects[0]: expected one of homie',
  ],
  [
    'a dialect twice',
    'tenants.0.keys.0.dialects',
    ['homie', 'homie'],
    'expected entries that differ: 1 and 0 are equal',
  ],
  ['a hash in capitals', 'tenants.0.keys.0.sha256', 'A'.repeat(64), 'tenants[0].keys[0].sha256: expected the SHA-256'],
  [
    'an unknown agent',
    'tenants.0.keys.0.agent',
    'suport-agent',
    "tenants[0].keys[0].agent: expected the slug or id of one of the tenant's agents (did you mean support-agent?)",
  ],
  [
    'an unknown agent of a site',
    'tenants.0.sites.0.agent',
    'nobody',
    'tenants[0].sites[0].agent: expected the slug or id',
  ],
  [
    'an unknown backend',
    'tenants.0.agents.0.route.backend',
    'shpo',
    'route.backend: expected a backend in backends (did you mean shop?)',
  ],
  [
    'a parameter of models that there is none of',
    'tenants.0.agents.0.parameters',
    { allow: ['temprature'] },
    'tenants[0].agents[0].parameters.allow[0]: expected one of temperature, top_p',
  ],
  [
    'a path of a model that begins nowhere',
    'backends.llm',
    { type: 'openai', baseUrl: 'http://127.0.0.1:1', model: 'm', path: 'chat' },
    'backends.llm.path: expected',
  ],
  [
    'a word for streaming that there is none of',
    'backends.llm',
    { type: 'openai', baseUrl: 'http://127.0.0.1:1', model: 'm', streaming: 'sometimes' },
    'backends.llm.streaming: expected one of auto, always, never',
  ],
  ['a Redis that is nowhere', 'store', { engine: 'redis' }, 'store: expected one of url, sentinels, cluster; got none'],
  [
    'a Redis in two places',
    'store',
    { engine: 'redis', url: 'redis://a', cluster: ['redis://b'] },
    'store: expected one of url, sentinels, cluster; got url and cluster',
  ],
  [
    'a Redis behind HTTP, whose address is not shown',
    'store',
    { engine: 'redis', url: 'http://user:secret@a' },
    'store.url: expected a redis:// or rediss:// URL of one server; got text of 20 characters',
  ],
  [
    'a password of a group beside the URL of one server, which is not shown',
    'store',
    { engine: 'redis', url: 'redis://a', password: 'secret' },
    'store.password: expected nothing beside url: it is of the group that Sentinels watch; got a value',
  ],
  [
    'a user without a password',
    'store',
    { engine: 'redis', sentinels: ['redis://a'], username: 'gateway' },
    'store.password: expected the password of username; got nothing',
  ],
  [
    'Sentinels of which one is asked in the clear',
    'store',
    { engine: 'redis', sentinels: ['rediss://a', 'redis://b'] },
    'store.sentinels[1]: expected the scheme, user and password of the first; got others',
  ],
  [
    'nodes with passwords of their own, which are not shown',
    'store',
    { engine: 'redis', cluster: ['redis://u:one@a', 'redis://u:one@b', 'redis://u:two@c'] },
    'store.cluster[2]: expected the scheme, user and password of the first; got others',
  ],
  [
    'a Redis whose address cannot be read, and is not shown',
    'store',
    { engine: 'redis', url: 'redis://a:secret@b:port' },
    'store.url: expected a URL that can be read; got text of 23 characters',
  ],
  [
    'a catalogue in a database that is nowhere',
    'catalogs.shop',
    { engine: 'postgres', file: './a.csv' },
    'catalogs.shop.url: expected the postgres:// URL of the database; got nothing',
  ],
  [
    'a catalogue in a database whose address cannot be read, and is not shown',
    'catalogs.shop',
    { engine: 'postgres', file: './a.csv', url: 'postgres://a:secret@b:port/c' },
    'catalogs.shop.url: expected the postgres:// URL of the database, its password with % for what a URL cannot have; got text of 28 characters',
  ],
  [
    'a catalogue in another kind of database, whose address is not shown',
    'catalogs.shop',
    { engine: 'postgres', file: './a.csv', url: 'mysql://a:secret@b/c' },
    'got text of 20 characters',
  ],
  [
    'a database for a catalogue in memory',
    'catalogs.shop',
    { file: './a.csv', url: 'postgres://a@b/c' },
    'catalogs.shop.url: expected nothing, unless beside it stands engine: postgres; got a value',
  ],
  [
    'a question to a database that may take for ever',
    'catalogs.shop',
    { engine: 'postgres', file: './a.csv', url: 'postgres://a@b/c', timeout: '5m' },
    'catalogs.shop.timeout: expected how long a question to the database may take',
  ],
  ['conversations of hardly a message', 'store.maxMessages', 5, 'store.maxMessages: expected at least 100; got 5'],
  ['a reserve of hardly a byte', 'store.reserve', 5, 'store.reserve: expected at least 1048576; got 5'],
  ['a reserve in no unit', 'store.reserve', '64', 'store.reserve: expected how much of the disk is kept free'],
  [
    'an identity by nothing',
    'tenants.0.sites.0.identity',
    { required: true },
    'tenants[0].sites[0].identity: expected one of secret, publicKey; got none',
  ],
  [
    'an identity by two things',
    'tenants.0.sites.0.identity',
    { secret: 'a', publicKey: pem(ed25519.publicKey, 'spki') },
    'tenants[0].sites[0].identity: expected one of secret, publicKey; got secret and publicKey',
  ],
  [
    'an empty secret',
    'tenants.0.sites.0.identity',
    { secret: '' },
    'tenants[0].sites[0].identity.secret: expected text that is not empty; got text of 0 characters',
  ],
  [
    'a secret of another kind, which is not shown',
    'tenants.0.sites.0.identity',
    { secret: 12345 },
    'tenants[0].sites[0].identity.secret: expected text, in quotes; got a number',
  ],
  ...[
    ['a text that is no key', 'none'],
    ['a private key', pem(ed25519.privateKey, 'pkcs8')],
    ['a key of another type', pem(generateKeyPairSync('x25519').publicKey, 'spki')],
    ['a key of another curve', pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey, 'spki')],
    ['a short key', pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey, 'spki')],
  ].map(([what = '', publicKey = '']) => {
    const error =
      'tenants[0].sites[0].identity.publicKey: expected a public key in PEM: RSA of 2048 bits or more, ECDSA on P-256, or Ed25519; ' +
      `got text of ${publicKey.length} characters`;
    return [what, 'tenants.0.sites.0.identity', { publicKey }, error] as const;
  }),
  [
    'an audit that is kept for no time',
    'admin',
    { tokens: [], audit: { retention: '0d' } },
    'admin.audit.retention: expected days such as 90d for which it is kept; 90d unless set; got "0d"',
  ],
  [
    'an audit that is kept for hours',
    'admin',
    { tokens: [], audit: { retention: '12h' } },
    'admin.audit.retention: expected days such as 90d',
  ],
  ['uploads that are nowhere', 'uploads', { maxBytes: 5 }, 'uploads: expected one of path, bucket; got none'],
  [
    'uploads in two places',
    'uploads',
    { path: 'a', bucket: 'shop-uploads', region: 'x' },
    'uploads: expected one of path, bucket; got path and bucket',
  ],
  [
    'a folder with a secret, which is not shown',
    'uploads',
    { path: 'a', secretAccessKey: 'secret' },
    'uploads.secretAccessKey: expected nothing beside path: it is for a bucket; got a value',
  ],
  [
    'a bucket with half of its credentials',
    'uploads',
    { bucket: 'shop-uploads', region: 'x', accessKeyId: 'a' },
    'uploads.secretAccessKey: expected the other half of accessKeyId, or neither; got nothing',
  ],
  [
    'a bucket with the other half of its credentials',
    'uploads',
    { bucket: 'shop-uploads', region: 'x', secretAccessKey: 'a' },
    'uploads.accessKeyId: expected the other half of secretAccessKey, or neither; got nothing',
  ],
  [
    'a bucket that is nowhere',
    'uploads',
    { bucket: 'shop-uploads' },
    'uploads.region: expected the region of the bucket, since no endpoint says where it is; got nothing',
  ],
  [
    'a bucket with a path in its name',
    'uploads',
    { bucket: 'shop/uploads', region: 'x' },
    "uploads.bucket: expected a bucket's name",
  ],
  [
    'a bucket behind a password in its address',
    'uploads',
    { bucket: 'shop-uploads', endpoint: 'https://user:word@s3.example' },
    'uploads.endpoint: expected an http or https address of a server that speaks S3',
  ],
  [
    'a prefix that climbs',
    'uploads',
    { bucket: 'shop-uploads', region: 'x', prefix: '../' },
    "uploads.prefix: expected what all objects' names begin with",
  ],
  [
    'an empty secret',
    'uploads',
    { bucket: 'shop-uploads', region: 'x', accessKeyId: 'a', secretAccessKey: '' },
    'uploads.secretAccessKey: expected text that is not empty; got text of 0 characters',
  ],
  ['a time without a unit', 'timeouts.idle', '30', 'timeouts.idle: expected Between two words of its reply'],
  ['a time of 0', 'timeouts.total', '0s', 'timeouts.total: expected To the end of its reply'],
  [
    'an upstream without an agent',
    'backends.a',
    { ...upstream, dialect: 'homie' },
    'backends.a.agent: expected who is asked',
  ],
  [
    'an upstream without a site',
    'backends.a',
    { ...upstream, dialect: 'widget' },
    'backends.a.site: expected the site',
  ],
  [
    'an upstream with a password in its address',
    'backends.a',
    { ...upstream, dialect: 'item-discovery', baseUrl: 'http://u:p@host' },
    'backends.a.baseUrl',
  ],
  [
    'a fallback on nobody',
    'backends.a',
    { type: 'fallback', of: ['shpo'] },
    'backends.a.of[0]: expected a backend in backends (did you mean shop?)',
  ],
  [
    'a backend made of itself',
    'backends.a',
    { type: 'fallback', of: ['shop', 'a'] },
    'backends.a.of: expected backends that are not made of this one; got "shop, a"',
  ],
  [
    'weights of nothing',
    'backends.a',
    { type: 'weighted', of: [{ backend: 'shop', weight: 0 }] },
    'backends.a.of: expected at least one weight above 0',
  ],
  [
    'an unknown origin',
    'tenants.0.keys.0.route',
    { passthrough: 'legacy' },
    'tenants[0].keys[0].route.passthrough: expected an origin in origins',
  ],
  [
    'a prefix twice',
    'passthrough',
    [
      { prefix: '/a', target: 'http://a' },
      { prefix: '/a', target: 'http://b' },
    ],
    'passthrough[1].prefix: expected a prefix that no other entry has',
  ],
  [
    'an unknown catalogue',
    'backends.shop.catalog',
    'Shop',
    'backends.shop.catalog: expected a catalogue in catalogs (did you mean shop?)',
  ],
  [
    'an unknown tenant of a token',
    'admin',
    { tokens: [{ name: 'a', sha256: 'b'.repeat(64), tenants: ['x'] }] },
    "admin.tokens[0].tenants[0]: expected a tenant's id",
  ],
  [
    'a tenant twice',
    'tenants.1',
    { ...secondTenant, id: 'tenant-uuid-here' },
    'tenants[1].id: expected a tenant id that no other entry has',
  ],
  [
    'a slug twice',
    'tenants.0.agents.1.slug',
    'support-agent',
    'tenants[0].agents[1].slug: expected an agent id or slug that no other entry has',
  ],
  [
    'an agent id twice',
    'tenants.0.agents.1.id',
    agent?.id.toUpperCase(),
    'tenants[0].agents[1].id: expected an agent id or slug',
  ],
  [
    'a key of two tenants',
    'tenants.1',
    { ...secondTenant, keys: sample.tenants[0]?.keys },
    'tenants[1].keys[0].sha256: expected a key that no other entry has; got text of 64 characters, as at tenants[0].keys[0].sha256',
  ],
  [
    'a key twice in one list',
    'tenants.0.keys.0.sha256',
    ['b'.repeat(64), 'c'.repeat(64), 'b'.repeat(64)],
    'tenants[0].keys[0].sha256[2]: expected a key that no other entry has; got text of 64 characters, as at tenants[0].keys[0].sha256[0]',
  ],
  [
    'a key without its hash',
    'tenants.0.keys.0',
    { name: 'storefront' },
    'tenants[0].keys[0].sha256: expected a value (the SHA-256 of the secret as 64 lower-case hex digits (printf %s "$SECRET" | sha256sum)',
  ],
  ['a time without its unit', 'store.retention', 90, 'store.retention: expected days such as 90d'],
  [
    'a list of secrets in place of their hashes',
    'admin',
    { tokens: [{ name: 'a', sha256: ['a secret'] }] },
    'admin.tokens[0].sha256[0]: expected the SHA-256 of a secret as 64 lower-case hex digits',
  ],
  ['a key without a secret', 'tenants.0.keys.0.sha256', [], 'tenants[0].keys[0].sha256: expected at least one entry'],
  [
    'processes over one folder',
    'processes',
    2,
    'processes: expected 1, because one process alone can have the folder of an embedded store: keep conversations in Redis',
  ],
  ['processes over one folder, however many', 'processes', 'auto', 'engine: redis'],
  [
    'processes by a word',
    'processes',
    'many',
    'processes: expected how many processes serve: a number from 1 to 64, or auto',
  ],
  ['no process', 'processes', 0, 'processes: expected at least 1; got 0'],
  [
    'a site key of two tenants',
    'tenants.1',
    { ...secondTenant, sites: sample.tenants[0]?.sites },
    'tenants[1].sites[0].key: expected a site key that no other entry has',
  ],
  [
    'an origin with a path',
    'tenants.0.sites.0.origins',
    ['https://Shop.example/'],
    'origins[0]: expected an origin: scheme, host and port, nothing else (https://shop.example?)',
  ],
  ...[
    ['a star for a port', 'http://localhost:*'],
    ['a star in a name', 'https://shop*.example.com'],
    ['a star for a domain', 'https://shop.*'],
    ['a star over a top-level domain', 'https://*.com'],
    ['a star for all there is', 'https://*'],
    ['a star below a path', 'https://*.example.com/'],
    ['a socket', 'wss://shop.example'],
    ['a file', 'file:///x'],
    ['a name in capitals', 'https://*.Example.com'],
    ['no scheme', 'shop.example'],
    ['a null in capitals', 'NULL'],
  ].map(([what = '', origin]): readonly [string, string, unknown, string] => [
    `an origin that is ${what}`,
    'tenants.0.sites.0.origins',
    [origin],
    'origins[0]: expected an origin',
  ]),
  ['a file without a format', 'catalogs.shop.file', 'feed', 'catalogs.shop.format: expected a format'],
  ['a field of no product', 'catalogs.shop.fields', { tittle: 'Name' }, 'catalogs.shop.fields.tittle: expected a key'],
  ['a name with a space', 'catalogs.a b', { file: 'a.csv' }, 'catalogs.a b: expected a name of letters'],
  [
    'no more tokens a day than are set aside for one reply',
    'tenants.0.sites.0.limits',
    { tokens: { perDay: 1_000 } },
    'tenants[0].sites[0].limits.tokens.perDay: expected more than reserve, which is 1000 unless set; got 1000',
  ],
  ['tokens of nobody knows when', 'tenants.0.keys.0.limits', { tokens: 5 }, 'limits.tokens: expected'],
  ['a bound of none', 'limits.calls', 0, 'limits.calls: expected at least 1; got 0'],
  [
    'an address limit by a word',
    'limits.address',
    'of',
    'limits.address: expected the calls of one network address in so many seconds',
  ],
  [
    'a place without a port',
    'observability.listen',
    {},
    'observability.listen.port: expected a value (0 lets the system choose)',
  ],
  ['a limit of none', 'limits.address', { points: 0, seconds: 1 }, 'limits.address.points: expected at least 1; got 0'],
  ['a time in words', 'idempotency.window', 'a day', 'idempotency.window: expected a time such as 90s'],
  ['a role that there is not', 'admin.tokens', [{ ...token, role: 'root' }], 'expected one of viewer, operator, admin'],
  ['a day that there is not', 'admin.tokens', [{ ...token, expires: '2027-13-41' }], 'expires: expected a day that'],
  ['a time of no form', 'admin.tokens', [{ ...token, expires: 'tomorrow' }], 'expires: expected a day, or a time'],
  ['a page of a key that is none', 'tenants.0.keys.0.origins', ['shop.example'], 'origins[0]: expected an origin'],
  ['a host that is none', 'listen.hosts', ['http://x'], 'listen.hosts[0]: expected a host name or address'],
  [
    'a public URL with a slash at its end',
    'listen.publicUrl',
    'https://x.example/',
    'listen.publicUrl: expected an http or https address',
  ],
];

/** Mistakes that put a secret where none belongs; each secret has `hunter2` in it. */
const secretsAstray: readonly (readonly [what: string, path: string, value: unknown, error: string])[] = [
  [
    'the address of Redis in place of the store',
    'store',
    'redis://:hunter2@redis:6379',
    'store: expected a mapping; got text of 27 characters',
  ],
  [
    'one node in place of a list',
    'store',
    { engine: 'redis', cluster: 'redis://:hunter2@a' },
    'store.cluster: expected a list; got text of 18 characters',
  ],
  [
    'one Sentinel in place of a list',
    'store',
    { engine: 'redis', sentinels: 'redis://:hunter2@a' },
    'store.sentinels: expected a list; got text of 18 characters',
  ],
  [
    'a header in place of a mapping',
    'backends.a',
    { ...upstream, dialect: 'item-discovery', headers: 'Authorization: Bearer hunter2' },
    'backends.a.headers: expected a mapping; got text of 29 characters',
  ],
  [
    'a whole header in place of its name',
    'backends.a',
    { ...upstream, dialect: 'item-discovery', headers: { 'Authorization: Bearer hunter2': '' } },
    'backends.a.headers: expected a header name; got text of 29 characters',
  ],
  [
    'a password in an address',
    'backends.a',
    { ...upstream, dialect: 'item-discovery', baseUrl: 'https://user:hunter2@x/v1' },
    'got "https://…@x/v1"',
  ],
  [
    'a password in a very long address',
    'backends.a',
    { ...upstream, dialect: 'item-discovery', baseUrl: `https://user:hunter2${'2'.repeat(80)}@x/v1` },
    'got "https://…@x/v1"',
  ],
  [
    'a key in the query of an address',
    'backends.a',
    { ...upstream, dialect: 'item-discovery', baseUrl: 'https://x/v1?key=hunter2' },
    'got "https://x/v1?…"',
  ],
  ['an address in place of a word', 'store.engine', 'redis://:hunter2@redis', 'got "redis://…@redis"'],
  ['a password that is nearly a default', 'tenants.0.name', '${REDIS:redis://:hunter2@a}', 'got "${REDIS"'],
  ['a password that is a default', 'tenants.0.name', '${REDIS:-redis://:hunter2@a', 'got "${REDIS"'],
];

describe('a secret in the wrong place', () => {
  it.each(secretsAstray)('is not shown: %s', (_what, path, value, error) => {
    const told = errorsOf(sampleWith(path, value)).join('\n');
    expect(told).toContain(error);
    expect(told).not.toContain('hunter');
  });

  it('is not shown where it is a number, or no YAML', () => {
    const bucket = sampleWith('uploads', { bucket: 'shop', region: 'x', accessKeyId: 'a', secretAccessKey: 4711 });
    expect(errorsOf(bucket).join()).toContain('secretAccessKey: expected text, in quotes; got a number');
    for (const mark of ['!', '|', '*']) {
      const told = errorsOf(`store: ${mark}hunter2`).join();
      expect(told).toContain('gateway.yaml');
      expect(told).not.toContain('hunter');
    }
  });
});

describe('a wrong configuration', () => {
  it('is wrong only where these tests make it so', () => {
    expect(errorsOf(sample)).toEqual([]);
    expect(errorsOf(sampleWith('catalogs.shop.fields', { title: 'Name', 'attributes.Size': 'size' }))).toEqual([]);
    expect(errorsOf(sampleWith('tenants.1', secondTenant))).toEqual([]);
  });

  it.each(wrong)('tells of %s', (_what, path, value, error) => {
    const errors = errorsOf(sampleWith(path, value));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(error);
  });

  it('tells of an identity where calls are passed on', () => {
    const passed = { ...sample.tenants[0]?.sites[0], route: { passthrough: 'old' }, identity: { secret: 'a' } };
    const document = { ...Object(sampleWith('tenants.0.sites.0', passed)), origins: { old: { target: 'http://x' } } };
    expect(errorsOf(document)).toEqual([expect.stringContaining('tenants[0].sites[0].identity: expected no identity')]);
  });

  it('tells everything at once, whatever finds it', () => {
    const document = sampleWith('tenants.0', {
      ...sample.tenants[0],
      name: '${UNSET}',
      kyes: [],
      sites: [{ key: 'sk_live', origins: ['*.*'], agent: 'nobody' }],
    });
    const places = errorsOf(document).map((line) => /gateway\.yaml:1:\d+: (.+?): expected/.exec(line)?.[1]);
    expect(places.sort()).toEqual([
      'tenants[0].kyes',
      'tenants[0].name',
      'tenants[0].sites[0].agent',
      'tenants[0].sites[0].origins[0]',
    ]);
  });

  it('tells line and column of what is there, and of what lacks something', () => {
    const yaml = 'store:\n  engine: embedded\n  path: 5\nbackends: { shop: { type: catalog } }\ntenants:\n  - id: a\n';
    expect(errorsOf(yaml).map((line) => line.replace(/: expected.*/, '').trim())).toEqual([
      '/srv/shop/gateway.yaml:3:3: store.path',
      '/srv/shop/gateway.yaml:4:13: backends.shop.catalog',
      '/srv/shop/gateway.yaml:6:5: tenants[0].name',
      '/srv/shop/gateway.yaml:6:5: tenants[0].agents',
    ]);
  });

  it('tells the line of an alias by what it stands for', () => {
    const { store, backends, catalogs, tenants } = sample;
    const shared = 'limits:\n  address: &few\n    points: 0\n    seconds: 1\n  failedAuthentications: *few\n';
    const rest = Object.entries({ store, backends, catalogs, tenants }).map(
      ([key, value]) => `${key}: ${JSON.stringify(value)}\n`,
    );
    expect(errorsOf(shared + rest.join('')).map((line) => line.replace(/: expected.*/, '').trim())).toEqual([
      '/srv/shop/gateway.yaml:3:5: limits.address.points',
      '/srv/shop/gateway.yaml:3:5: limits.failedAuthentications.points',
    ]);
  });

  it('never shows a secret that was written in place of its hash', () => {
    const errors = errorsOf(sampleWith('tenants.0.keys.0.sha256', 'my-very-secret-key')).join();
    expect(errors).toContain('got text of 18 characters');
    expect(errors).not.toContain('my-very-secret-key');
  });
});

describe('a file that cannot be read', () => {
  it('is told with the line that is not YAML', () => {
    expect(errorsOf('store: { engine: embedded\nbackends: [')[0]).toMatch(/^ {2}\/srv\/shop\/gateway\.yaml:\d+:\d+: /);
    expect(errorsOf('store: 1\nstore: 2')[0]).toMatch(/gateway\.yaml:2:1: .*unique/);
    expect(errorsOf('store: !vault x')[0]).toContain('gateway.yaml:1:8: ');
    expect(errorsOf('store: *nothing')[0]).toContain('gateway.yaml');
  });

  it.each([
    'listen: { host: 127.0.0.1, port: ${PORT:-9200} }',
    'listen: {port: ${PORT}}',
    'listen: { trustProxy: [${PROXY}, 10.0.0.1] }',
  ])('is told by its first cause alone, and how to mend it: %s (clients/20-yaml-errors)', (line) => {
    const errors = errorsOf(
      `${line}\nstore: { engine: embedded, path: ./data }\nbackends: { shop: { type: catalog } }\n`,
    );
    expect(errors).toEqual([expect.stringMatching(/gateway\.yaml:1:\d+: .*put \$\{…\} in quotes/)]);
  });

  it('is not taken for an empty one', () => {
    expect(errorsOf('')).toEqual(['  /srv/shop/gateway.yaml:1:1: expected a mapping; got nothing']);
  });

  it('is told by its whole path, with the way to name another', () => {
    expect(() => loadConfig({ path: 'config/none.yaml', env: {} })).toThrow(
      /Cannot read the configuration .*\/config\/none\.yaml\. Name another file with DRAGOMAN_CONFIG/,
    );
  });

  it('cannot reach a prototype', () => {
    expect(errorsOf('{"__proto__": {"store": 1}, "constructor": 1}').join()).toContain(
      '__proto__: expected a key that is',
    );
    expect(Object.hasOwn(Object.prototype, 'store')).toBe(false);
  });
});
