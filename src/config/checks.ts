import { isIP } from 'node:net';
import { checkTokens } from './admin.ts';
import { checkBackend, checkCycles } from './check-backends.ts';
import { checkMigrations } from './check-migrations.ts';
import { catalogFormatOf } from './defaults.ts';
import { demoSecretsIn, isLoopback } from './demo.ts';
import { checkIdentity } from './identity.ts';
import { checkNames } from './names.ts';
import { expectedPageOrigin } from './page-origins.ts';
import { type Place, select, stepInto } from './path.ts';
import { type Problem, showSecret, showValue } from './problems.ts';
import { checkProcesses, checkStore } from './store.ts';
import { checkUploads } from './uploads.ts';

/**
 * Everything that a schema cannot say about a document: names that must exist, be unique, or fit together. The document need not
 * have passed the schema.
 */
export function checkMeaning(document: unknown): readonly Problem[] {
  return [
    ...checkNames(document),
    ...['keys', 'sites']
      .flatMap((callers) => select(document, ['tenants', '*', callers, '*', 'origins', '*']))
      .flatMap(checkOrigin),
    ...select(document, ['catalogs', '*']).flatMap(checkFormat),
    ...select(document, ['catalogs', '*']).flatMap(checkEngine),
    ...select(document, ['store']).flatMap(checkStore),
    ...['keys', 'sites'].flatMap((callers) =>
      select(document, ['tenants', '*', callers, '*', 'limits', 'tokens']).flatMap(checkTokens),
    ),
    ...select(document, ['tenants', '*', 'sites', '*']).flatMap(checkIdentity),
    ...select(document, ['uploads']).flatMap(checkUploads),
    ...select(document, ['allowedAddresses', '*']).flatMap(checkAddress),
    ...select(document, ['backends', '*']).flatMap(checkBackend),
    ...checkProcesses(document),
    ...checkCycles(document),
    ...select(document, ['admin', 'tokens', '*', 'expires']).flatMap(checkTime),
    ...checkMigrations(document),
    ...checkDemo(document),
  ];
}

function checkOrigin({ path, value }: Place): readonly Problem[] {
  const expected = typeof value === 'string' ? expectedPageOrigin(value) : undefined;
  return expected === undefined ? [] : [{ path, expected, got: showValue(value) }];
}

function checkAddress({ path, value }: Place): readonly Problem[] {
  if (typeof value !== 'string' || isIP(value) !== 0) return [];
  return [{ path, expected: 'an IP address', got: showValue(value) }];
}

function checkFormat({ path, value }: Place): readonly Problem[] {
  const file = stepInto(value, 'file');
  if (typeof file !== 'string' || stepInto(value, 'format') !== undefined || catalogFormatOf(file)) return [];
  return [
    { path: [...path, 'format'], expected: 'a format, since the ending of the file does not tell it', got: 'nothing' },
  ];
}

/** What only a database has. */
const databaseSettings = ['url', 'connections', 'timeout'];

/** A catalogue in a database says where that is, and one in memory says nothing of a database. */
function checkEngine({ path, value }: Place): readonly Problem[] {
  const url = stepInto(value, 'url');
  if (stepInto(value, 'engine') !== 'postgres')
    return databaseSettings
      .filter((name) => stepInto(value, name) !== undefined)
      .map((name) => ({
        path: [...path, name],
        expected: 'nothing, unless beside it stands engine: postgres',
        got: 'a value',
      }));
  const expected = 'the postgres:// URL of the database';
  if (url === undefined) return [{ path: [...path, 'url'], expected, got: 'nothing' }];
  if (typeof url !== 'string' || !/^postgres(?:ql)?:/.test(url) || URL.canParse(url)) return [];
  return [
    {
      path: [...path, 'url'],
      expected: `${expected}, its password with % for what a URL cannot have`,
      got: showSecret(url),
    },
  ];
}

function checkTime({ path, value }: Place): readonly Problem[] {
  if (typeof value !== 'string' || !Number.isNaN(Date.parse(value))) return [];
  return [{ path, expected: 'a day that there is, with a time of it if wanted', got: showValue(value) }];
}

/** The settings by which others than this machine may reach what listens, and what each may be all the same. */
const openings: readonly { readonly name: string; readonly expected: string; isOpen(value: unknown): boolean }[] = [
  {
    name: 'host',
    expected: 'a loopback address (127.0.0.1, ::1, localhost)',
    isOpen: (value) => typeof value === 'string' && !isLoopback(value),
  },
  {
    name: 'trustProxy',
    expected: 'no proxy in front',
    isOpen: (value) => (typeof value === 'number' && value > 0) || (Array.isArray(value) && value.length > 0),
  },
  {
    name: 'publicUrl',
    expected: 'an http address of this machine',
    isOpen: (value) => typeof value === 'string' && !isOwnAddress(value),
  },
  {
    name: 'hosts',
    expected: 'names of this machine, or without a dot',
    isOpen: (value) =>
      Array.isArray(value) && value.some((host) => /[.*]/.test(String(host)) && !isLoopback(String(host))),
  },
];

const isOwnAddress = (url: string): boolean =>
  url.startsWith('http:') && URL.canParse(url) && isLoopback(new URL(url).hostname.replace(/^\[(.*)\]$/, '$1'));

function checkDemo(document: unknown): readonly Problem[] {
  const [first] = demoSecretsIn(document);
  if (first === undefined) return [];
  const places = [['listen'], ['observability', 'listen'], ['admin', 'listen']];
  const settings = places.flatMap((place) => openings.map((opening) => ({ ...opening, place })));
  return settings.flatMap(({ name, expected, isOpen, place }) => {
    const value = stepInto(place.reduce<unknown>(stepInto, document), name);
    if (!isOpen(value)) return [];
    const why =
      `${expected}, because the demo's ${first} is in this configuration and anyone knows it: ` +
      'put keys, site keys and admin tokens of your own in its place to be reached from elsewhere';
    return [{ path: [...place, name], expected: why, got: showValue(value) }];
  });
}
