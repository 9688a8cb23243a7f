import { describe, expect, it } from 'vitest';
import { warningsOf } from '../../../src/config/index.ts';
import { errorsOf, read, sample, sampleWith } from './sample.ts';

const migration = {
  name: 'storefront',
  keys: ['storefront'],
  from: { passthrough: 'legacy' },
  to: { backend: 'shop' },
};
const [tenant] = sample.tenants;
const base = {
  ...sample,
  origins: { legacy: { target: 'https://legacy.example' } },
  backends: {
    ...sample.backends,
    old: { type: 'upstream', dialect: 'homie', baseUrl: 'https://old.example', agent: 'a', sessions: 'shared' },
    either: { type: 'fallback', of: ['shop', 'old'] },
  },
};
const withMigrations = (...migrations: readonly object[]) => ({ ...base, migrations });
const withOne = (change: object) => withMigrations({ ...migration, ...change });
const second = { ...tenant, id: 'second', sites: [], keys: [{ name: 'storefront', sha256: 'c'.repeat(64) }] };

describe('migrations', () => {
  it('get every default', () => {
    expect(read(withMigrations(migration)).migrations).toEqual([
      {
        ...migration,
        tenantId: 'tenant-uuid-here',
        sites: [],
        agents: [],
        stage: 'observe',
        canary: 0.05,
        compare: { ignore: [], text: 0.8, latency: 3, keepMs: 604_800_000 },
        ready: { comparisons: 200, equivalent: 0.98 },
      },
    ]);
  });

  it('are read with all that they may say', () => {
    const said = {
      ...migration,
      tenant: 'tenant-uuid-here',
      sites: ['sk_live'],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the configuration's own
      from: { passthrough: 'legacy', apiKey: '${LEGACY_KEY}', agent: 'shop' },
      stage: 'shadow',
      canary: '0.5%',
      shadow: { sample: '20%', control: '1%', concurrent: 4, timeout: '30s', tokensPerDay: 200_000 },
      compare: { ignore: ['output.createdAt', 'item.imageUrl'], text: 0.9, latency: 2, keep: '1d' },
      ready: { comparisons: 300, equivalent: '99%' },
      rollback: { failed: '5%', of: 50 },
      record: { folder: './cassettes', sample: '5%', text: 'mask', maxBytes: '1GB' },
      deprecation: '2026-12-01T00:00:00Z',
      sunset: '2027-03-01T00:00:00Z',
      link: 'https://docs.example/migration',
    };
    expect(read(withMigrations(said), { LEGACY_KEY: 'secret' }).migrations[0]).toMatchObject({
      tenantId: 'tenant-uuid-here',
      from: { passthrough: 'legacy', apiKey: 'secret', agent: 'shop' },
      stage: 'shadow',
      canary: 0.005,
      shadow: { sample: 0.2, control: 0.01, concurrent: 4, timeoutMs: 30_000, tokensPerDay: 200_000 },
      compare: { ignore: ['output.createdAt', 'item.imageUrl'], text: 0.9, latency: 2, keepMs: 86_400_000 },
      ready: { comparisons: 300, equivalent: 0.99 },
      rollback: { failed: 0.05, of: 50 },
      record: { folder: '/srv/shop/cassettes', sample: 0.05, text: 'mask', maxBytes: 1_073_741_824 },
      deprecation: 1_796_083_200_000,
      sunset: 1_803_859_200_000,
    });
  });

  const wrong: readonly (readonly [what: string, document: unknown, error: string])[] = [
    [
      'one key in two',
      withMigrations(migration, { ...migration, name: 'again' }),
      'migrations[1].keys[0]: expected what no other migration moves: take it out of one of them; got "storefront", as at migrations[0].keys[0]',
    ],
    [
      'one name for two',
      withMigrations(migration, { ...migration, keys: undefined, sites: ['sk_live'] }),
      'migrations[1].name: expected a migration name that no other entry has',
    ],
    [
      'a sunset before the deprecation',
      withOne({ deprecation: '2027-03-01', sunset: '2027-02-28' }),
      'migrations[0].sunset: expected a time that is not before deprecation, 2027-03-01; got "2027-02-28"',
    ],
    [
      'a day that there is not',
      withOne({ sunset: '2027-13-01' }),
      'migrations[0].sunset: expected a day that there is',
    ],
    [
      'no move at all',
      withOne({ from: { backend: 'shop' } }),
      'migrations[0].to.backend: expected another backend than that of from; got "shop"',
    ],
    ['a share over 100', withOne({ canary: '101%' }), 'migrations[0].canary: expected 100% at most; got "101%"'],
    [
      'a share over 100 further down',
      withOne({ shadow: { sample: '250%' } }),
      'migrations[0].shadow.sample: expected 100% at most',
    ],
    ['a share that is a number', withOne({ canary: 5 }), 'migrations[0].canary: expected'],
    [
      'nobody who moves',
      withOne({ keys: undefined }),
      'migrations[0]: expected keys, sites or agents that move; got none',
    ],
    [
      'an unknown key',
      withOne({ keys: ['storefrnt'] }),
      'migrations[0].keys[0]: expected the name of a key (did you mean storefront?)',
    ],
    ['an unknown site', withOne({ sites: ['sk_life'] }), 'migrations[0].sites[0]: expected the key of a site'],
    [
      'an unknown agent',
      withOne({ from: { backend: 'old' }, agents: ['support'] }),
      'migrations[0].agents[0]: expected the slug of an agent',
    ],
    [
      'an unknown backend',
      withOne({ to: { backend: 'shp' } }),
      'migrations[0].to.backend: expected a backend in backends (did you mean shop?)',
    ],
    [
      'an unknown origin',
      withOne({ from: { passthrough: 'legcy' } }),
      'migrations[0].from.passthrough: expected an origin in origins (did you mean legacy?)',
    ],
    ['an unknown tenant', withOne({ tenant: 'nobody' }), "migrations[0].tenant: expected a tenant's id"],
    [
      'an unknown stage',
      withOne({ stage: 'canari' }),
      'migrations[0].stage: expected one of observe, shadow, canary, cutover, retired (did you mean canary?)',
    ],
    ['two beginnings', withOne({ from: { passthrough: 'legacy', backend: 'old' } }), 'migrations[0].from'],
    [
      'a route of its own at a key that migrates',
      { ...withOne({}), tenants: [{ ...tenant, keys: [{ ...tenant?.keys[0], route: { backend: 'shop' } }] }] },
      'tenants[0].keys[0].route: expected nothing: the migration storefront routes it; take it out',
    ],
    [
      'agents that move from an origin',
      withOne({ agents: ['sales-bot'] }),
      'migrations[0].agents[0]: expected keys or sites: agents move from a backend alone',
    ],
    [
      'an agent that is elsewhere',
      withOne({ from: { backend: 'old' }, agents: ['sales-bot'] }),
      'tenants[0].agents[1].route.backend: expected "old", from which its agent moves; got "shop"',
    ],
    [
      'shared sessions at an upstream that is shadowed, wherever it stands',
      withOne({ to: { backend: 'either' }, shadow: {} }),
      'migrations[0].to.backend: expected a backend whose sessions are its own, because it is shadowed: set backends.old.sessions to own',
    ],
    [
      'a key that several tenants have',
      { ...withOne({}), tenants: [tenant, second] },
      'migrations[0].tenant: expected the id of one of tenant-uuid-here, second: each has storefront; got nothing',
    ],
    [
      'callers of two tenants',
      {
        ...withOne({ keys: ['other'], sites: ['sk_live'] }),
        tenants: [tenant, { ...second, keys: [{ name: 'other', sha256: 'c'.repeat(64) }] }],
      },
      'migrations[0]: expected keys, sites and agents of one tenant: make a migration for each',
    ],
    [
      'an identity where calls are passed on',
      {
        ...withOne({ keys: undefined, sites: ['sk_live'] }),
        tenants: [{ ...tenant, sites: [{ ...tenant?.sites[0], identity: { secret: 'x'.repeat(32) } }] }],
      },
      'tenants[0].sites[0].identity: expected no identity while calls are passed on',
    ],
  ];
  it.each(wrong)('refuses %s', (_what, document, error) => {
    expect(errorsOf(document).join('\n')).toContain(error);
  });

  it('knows which of several tenants is meant', () => {
    const document = { ...withOne({ tenant: 'second' }), tenants: [tenant, second] };
    expect(read(document).migrations[0]?.tenantId).toBe('second');
  });

  it('warn of what nothing heeds yet', () => {
    const record = { folder: './cassettes' };
    expect(warningsOf(read(withOne({ record })))).toContain(
      'record of the migration storefront does nothing in this version',
    );
  });

  it('are none unless written', () => {
    expect(read(sampleWith('processes', 1)).migrations).toEqual([]);
  });
});
