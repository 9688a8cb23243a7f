import type { Dialect } from '../dialects/dialect.ts';
import { dialects } from '../dialects/registry.ts';
import { type ConfigPath, type Place, select, showPath } from './path.ts';
import { type Problem, showSecret, showValue } from './problems.ts';
import { suggest } from './suggestion.ts';

/** The dialects that clients and upstreams speak, by name. */
const clientDialects: readonly string[] = dialects.map(({ name }) => name);

/** Those whose callers name themselves by a secret key, and which a key can therefore be held to. */
export const keyedDialects: readonly string[] = dialects
  .filter(({ credential }) => credential.kind === 'key')
  .map(({ name }) => name);

/** What an upstream must be told beyond its address, by its dialect: who is asked there, and the site that we are there. */
export function upstreamNeeds(name: unknown): Readonly<Record<string, string>> {
  const dialect = dialects.find((one) => one.name === name);
  if (dialect === undefined) return {};
  return {
    ...(namesAgent(dialect) && { agent: 'who is asked there: a chatbotId, a slug or a model' }),
    ...(dialect.credential.kind === 'site' && { site: 'the site key that the upstream knows us by' }),
  };
}

const namesAgent = ({ endpoints }: Dialect): boolean =>
  endpoints.some(
    ({ operation, carries }) =>
      (operation === 'send-message' || operation === 'create-conversation') &&
      carries.some((field) => field === 'agent'),
  );

type Pattern = readonly string[];

interface Unique {
  /** With its article. */
  readonly what: string;
  /** The parts of the document within each of which the values must differ; the whole of it unless set. */
  readonly within?: Pattern;
  readonly values: readonly Pattern[];
  readonly trait?: 'secret' | 'any-case';
}

const agentNames: readonly Pattern[] = [
  ['agents', '*', 'id'],
  ['agents', '*', 'slug'],
];

/** One digest, or a list of them. */
const secretsIn = (...place: Pattern): readonly Pattern[] => [place, [...place, '*']];

const uniques: readonly Unique[] = [
  { what: 'a prefix', values: [['passthrough', '*', 'prefix']] },
  { what: 'a migration name', values: [['migrations', '*', 'name']] },
  { what: 'a tenant id', values: [['tenants', '*', 'id']] },
  { what: 'a key', values: secretsIn('tenants', '*', 'keys', '*', 'sha256'), trait: 'secret' },
  { what: 'a site key', values: [['tenants', '*', 'sites', '*', 'key']] },
  { what: 'an admin token', values: secretsIn('admin', 'tokens', '*', 'sha256'), trait: 'secret' },
  { what: 'a token name', values: [['admin', 'tokens', '*', 'name']] },
  { what: 'a key name', within: ['tenants', '*'], values: [['keys', '*', 'name']] },
  { what: 'an agent id or slug', within: ['tenants', '*'], values: agentNames, trait: 'any-case' },
];

interface Reference {
  readonly what: string;
  readonly within?: Pattern;
  readonly from: readonly Pattern[];
  /** What may be named: the values that these fit, or the keys of a mapping where the last step is `*`. */
  readonly to: readonly Pattern[] | { readonly names: readonly string[] };
  readonly trait?: 'any-case';
}

const references: readonly Reference[] = [
  {
    what: `one of ${keyedDialects.join(', ')}`,
    from: [['tenants', '*', 'keys', '*', 'dialects', '*']],
    to: { names: keyedDialects },
  },
  {
    what: `one of ${clientDialects.join(', ')}`,
    from: [
      ['backends', '*', 'dialect'],
      ['passthrough', '*', 'authenticate'],
    ],
    to: { names: clientDialects },
  },
  { what: 'a catalogue in catalogs', from: [['backends', '*', 'catalog']], to: [['catalogs', '*']] },
  {
    what: 'a backend in backends',
    from: [
      ['tenants', '*', 'agents', '*', 'route', 'backend'],
      ['tenants', '*', 'keys', '*', 'route', 'backend'],
      ['tenants', '*', 'sites', '*', 'route', 'backend'],
      ['migrations', '*', 'from', 'backend'],
      ['migrations', '*', 'to', 'backend'],
      ['backends', '*', 'of', '*'],
      ['backends', '*', 'of', '*', 'backend'],
    ],
    to: [['backends', '*']],
  },
  {
    what: 'an origin in origins',
    from: [
      ['tenants', '*', 'keys', '*', 'route', 'passthrough'],
      ['tenants', '*', 'sites', '*', 'route', 'passthrough'],
      ['migrations', '*', 'from', 'passthrough'],
    ],
    to: [['origins', '*']],
  },
  {
    what: "a tenant's id",
    from: [
      ['admin', 'tokens', '*', 'tenants', '*'],
      ['migrations', '*', 'tenant'],
    ],
    to: [['tenants', '*', 'id']],
  },
  {
    what: "the slug or id of one of the tenant's agents",
    within: ['tenants', '*'],
    from: [
      ['keys', '*', 'agent'],
      ['sites', '*', 'agent'],
    ],
    to: agentNames,
    trait: 'any-case',
  },
];

/** Names that are given twice, and names of what is not there. */
export function checkNames(document: unknown): readonly Problem[] {
  return [
    ...uniques.flatMap((rule) => scopes(document, rule).flatMap((scope) => checkUnique(scope, rule))),
    ...references.flatMap((rule) => scopes(document, rule).flatMap((scope) => checkReference(scope, rule))),
  ];
}

function checkUnique(scope: Place, { what, values, trait }: Unique): readonly Problem[] {
  const seen = new Map<string, ConfigPath>();
  return texts(scope, values).flatMap(({ path, value }) => {
    const name = trait === 'any-case' ? value.toLowerCase() : value;
    const first = seen.get(name);
    if (first === undefined) {
      seen.set(name, path);
      return [];
    }
    const got = trait === 'secret' ? showSecret(value) : showValue(value);
    return [{ path, expected: `${what} that no other entry has`, got: `${got}, as at ${showPath(first)}` }];
  });
}

function checkReference(scope: Place, { what, from, to, trait }: Reference): readonly Problem[] {
  const fold = (name: string) => (trait === 'any-case' ? name.toLowerCase() : name);
  const names =
    'names' in to ? to.names : to.flatMap((pattern) => below(scope, pattern).map((place) => nameOf(place, pattern)));
  const known = new Set(names.map(fold));
  return texts(scope, from)
    .filter(({ value }) => !known.has(fold(value)))
    .map(({ path, value }) => ({ path, expected: `${what}${suggest(value, names)}`, got: showValue(value) }));
}

const nameOf = ({ path, value }: Place, pattern: Pattern) => String(pattern.at(-1) === '*' ? path.at(-1) : value);

const scopes = (document: unknown, { within }: { readonly within?: Pattern }) => select(document, within ?? []);

const texts = (scope: Place, patterns: readonly Pattern[]) =>
  patterns
    .flatMap((pattern) => below(scope, pattern))
    .flatMap(({ path, value }) => (typeof value === 'string' ? [{ path, value }] : []));

const below = (scope: Place, pattern: Pattern): readonly Place[] =>
  select(scope.value, pattern).map(({ path, value }) => ({ path: [...scope.path, ...path], value }));
