import { type ConfigPath, type Place, select, showPath, stepInto } from './path.ts';
import { type Problem, showValue } from './problems.ts';
import { suggest } from './suggestion.ts';

/** Everything that a schema cannot say about the migrations of a document, which need not have passed it. */
export function checkMigrations(document: unknown): readonly Problem[] {
  const migrations = select(document, ['migrations', '*']);
  return [
    ...migrations.flatMap((migration) => checkMovers(document, migration)),
    ...migrations.flatMap(checkSides),
    ...migrations.flatMap(checkTimes),
    ...migrations.flatMap(checkShares),
    ...migrations.flatMap((migration) => checkSessions(document, migration)),
    ...checkMovedTwice(document, migrations),
  ];
}

/** The three kinds of what can move, and what each is called by in its tenant. */
const kinds = [
  { list: 'keys', name: 'name', what: 'the name of a key' },
  { list: 'sites', name: 'key', what: 'the key of a site' },
  { list: 'agents', name: 'slug', what: 'the slug of an agent' },
] as const;

/** What moves: the names that a migration lists, each with what of a tenant it stands for. */
interface Mover {
  readonly path: ConfigPath;
  readonly kind: (typeof kinds)[number];
  readonly name: string;
  /** In each of the tenants that have one of that name. */
  readonly found: readonly { readonly tenant: string; readonly place: Place }[];
}

function moversOf(document: unknown, { path, value }: Place): readonly Mover[] {
  const wanted = stepInto(value, 'tenant');
  const tenants = select(document, ['tenants', '*']).filter(
    (tenant) => wanted === undefined || stepInto(tenant.value, 'id') === wanted,
  );
  return kinds.flatMap((kind) =>
    select(value, [kind.list, '*']).flatMap((named) => {
      if (typeof named.value !== 'string') return [];
      const found = tenants.flatMap((tenant) =>
        select(tenant.value, [kind.list, '*'])
          .filter((one) => stepInto(one.value, kind.name) === named.value)
          .map((one) => ({
            tenant: String(stepInto(tenant.value, 'id')),
            place: { path: [...tenant.path, ...one.path], value: one.value },
          })),
      );
      return [{ path: [...path, ...named.path], kind, name: named.value, found }];
    }),
  );
}

/** The tenant whose callers move; `undefined` where no tenant, or no single one, has what is named. */
export function tenantOfMigration(document: unknown, migration: unknown): string | undefined {
  const movers = moversOf(document, { path: [], value: migration });
  const [first] = movers[0]?.found ?? [];
  return movers.every(({ found }) => found.length === 1 && found[0]?.tenant === first?.tenant)
    ? first?.tenant
    : undefined;
}

function checkMovers(document: unknown, migration: Place): readonly Problem[] {
  const { path, value } = migration;
  const movers = moversOf(document, migration);
  if (movers.length === 0 && !kinds.some(({ list }) => stepInto(value, list) !== undefined))
    return [{ path, expected: 'keys, sites or agents that move', got: 'none' }];
  const known = (mover: Mover) =>
    select(document, ['tenants', '*', mover.kind.list, '*', mover.kind.name]).map((one) => String(one.value));
  const tenants = new Set(movers.flatMap(({ found }) => (found.length === 1 ? [found[0]?.tenant] : [])));
  return [
    ...movers.flatMap((mover): readonly Problem[] => {
      const got = showValue(mover.name);
      if (mover.found.length === 0)
        return [{ path: mover.path, expected: `${mover.kind.what}${suggest(mover.name, known(mover))}`, got }];
      if (mover.found.length > 1) {
        const ids = mover.found.map(({ tenant }) => tenant).join(', ');
        return [
          { path: [...path, 'tenant'], expected: `the id of one of ${ids}: each has ${mover.name}`, got: 'nothing' },
        ];
      }
      return mover.found.flatMap(({ place }) => checkRoute(mover, place, value));
    }),
    ...(tenants.size > 1
      ? [
          {
            path,
            expected: 'keys, sites and agents of one tenant: make a migration for each',
            got: [...tenants].join(' and '),
          },
        ]
      : []),
  ];
}

/** The migration says who answers: what else says so at a key would be passed over. An agent has to have a route, which is the beginning. */
function checkRoute({ kind, path, name }: Mover, place: Place, migration: unknown): readonly Problem[] {
  const route = stepInto(place.value, 'route');
  if (kind.list !== 'agents') {
    const expected = `nothing: the migration ${String(stepInto(migration, 'name'))} routes it; take it out`;
    if (route !== undefined) return [{ path: [...place.path, 'route'], expected, got: 'a mapping' }];
    const isPassed = stepInto(stepInto(migration, 'from'), 'passthrough') !== undefined;
    if (kind.list !== 'sites' || !isPassed || stepInto(place.value, 'identity') === undefined) return [];
    const why = 'no identity while calls are passed on: who answers them has to see to it';
    return [{ path: [...place.path, 'identity'], expected: why, got: 'a mapping' }];
  }
  const backend = stepInto(stepInto(migration, 'from'), 'backend');
  if (backend === undefined)
    return [{ path, expected: 'keys or sites: agents move from a backend alone', got: showValue(name) }];
  if (stepInto(route, 'backend') === backend) return [];
  const expected = `${showValue(backend)}, from which its agent moves`;
  return [{ path: [...place.path, 'route', 'backend'], expected, got: showValue(stepInto(route, 'backend')) }];
}

function checkSides({ path, value }: Place): readonly Problem[] {
  const [from, to] = [stepInto(value, 'from'), stepInto(value, 'to')].map((side) => stepInto(side, 'backend'));
  if (from === undefined || from !== to) return [];
  return [{ path: [...path, 'to', 'backend'], expected: 'another backend than that of from', got: showValue(to) }];
}

function checkTimes({ path, value }: Place): readonly Problem[] {
  const moments = ['deprecation', 'sunset'].map((name) => ({ name, text: stepInto(value, name) }));
  const unreadable = moments.filter(({ text }) => typeof text === 'string' && Number.isNaN(Date.parse(text)));
  if (unreadable.length > 0)
    return unreadable.map(({ name, text }) => ({
      path: [...path, name],
      expected: 'a day that there is, with a time of it if wanted',
      got: showValue(text),
    }));
  const [deprecation, sunset] = moments.map(({ text }) => (typeof text === 'string' ? Date.parse(text) : undefined));
  if (deprecation === undefined || sunset === undefined || sunset >= deprecation) return [];
  const expected = `a time that is not before deprecation, ${String(moments[0]?.text)}`;
  return [{ path: [...path, 'sunset'], expected, got: showValue(moments[1]?.text) }];
}

/** Wherever a migration says a part of all. */
const shares = [
  ['canary'],
  ['shadow', 'sample'],
  ['shadow', 'control'],
  ['ready', 'equivalent'],
  ['rollback', 'failed'],
  ['record', 'sample'],
];

function checkShares({ path, value }: Place): readonly Problem[] {
  return shares
    .flatMap((share) => select(value, share))
    .filter((share) => typeof share.value === 'string' && Number.parseFloat(share.value) > 100)
    .map((share) => ({ path: [...path, ...share.path], expected: '100% at most', got: showValue(share.value) }));
}

/** A shadow has sessions of its own: in shared ones, the visitor would hear what was said to it. */
function checkSessions(document: unknown, { path, value }: Place): readonly Problem[] {
  if (stepInto(value, 'shadow') === undefined) return [];
  return ['to', 'from'].flatMap((side) => {
    const name = stepInto(stepInto(value, side), 'backend');
    const shared = [...partsOf(document, name)].find(
      (part) => stepInto(stepInto(stepInto(document, 'backends'), part), 'sessions') === 'shared',
    );
    if (shared === undefined) return [];
    const expected = `a backend whose sessions are its own, because it is shadowed: set backends.${shared}.sessions to own, or leave shadow out`;
    return [{ path: [...path, side, 'backend'], expected, got: showValue(name) }];
  });
}

/** The names of all backends that one is made of, its own among them. */
function partsOf(document: unknown, name: unknown, seen: Set<string> = new Set()): ReadonlySet<string> {
  if (typeof name !== 'string' || seen.has(name)) return seen;
  seen.add(name);
  const backend = stepInto(stepInto(document, 'backends'), name);
  for (const part of [...select(backend, ['of', '*']), ...select(backend, ['of', '*', 'backend'])])
    partsOf(document, part.value, seen);
  return seen;
}

function checkMovedTwice(document: unknown, migrations: readonly Place[]): readonly Problem[] {
  const seen = new Map<string, ConfigPath>();
  return migrations
    .flatMap((migration) => moversOf(document, migration))
    .flatMap(({ path, name, found }) => {
      const [one] = found;
      if (one === undefined || found.length > 1) return [];
      const moved = showPath(one.place.path);
      const first = seen.get(moved);
      seen.set(moved, first ?? path);
      if (first === undefined) return [];
      const expected = 'what no other migration moves: take it out of one of them';
      return [{ path, expected, got: `${showValue(name)}, as at ${showPath(first)}` }];
    });
}
