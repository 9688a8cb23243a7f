import { isIP } from 'node:net';
import { checkBackend, checkCycles } from './check-backends.ts';
import { catalogFormatOf } from './defaults.ts';
import { demoSecretsIn, isLoopback } from './demo.ts';
import { checkNames } from './names.ts';
import { expectedPageOrigin } from './page-origins.ts';
import { type Place, select, stepInto } from './path.ts';
import { type Problem, showValue } from './problems.ts';
import { checkProcesses, checkStore } from './store.ts';
import { checkTokens } from './tokens.ts';
import { checkUploads } from './uploads.ts';

/**
 * Everything that a schema cannot say about a document: names that must exist, be unique, or fit together. The document need not
 * have passed the schema.
 */
export function checkMeaning(document: unknown): readonly Problem[] {
  return [
    ...checkNames(document),
    ...select(document, ['tenants', '*', 'sites', '*', 'origins', '*']).flatMap(checkOrigin),
    ...select(document, ['catalogs', '*']).flatMap(checkFormat),
    ...select(document, ['store']).flatMap(checkStore),
    ...['keys', 'sites'].flatMap((callers) =>
      select(document, ['tenants', '*', callers, '*', 'limits', 'tokens']).flatMap(checkTokens),
    ),
    ...select(document, ['uploads']).flatMap(checkUploads),
    ...select(document, ['allowedAddresses', '*']).flatMap(checkAddress),
    ...select(document, ['backends', '*']).flatMap(checkBackend),
    ...checkProcesses(document),
    ...checkCycles(document),
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

function checkDemo(document: unknown): readonly Problem[] {
  const host = stepInto(stepInto(document, 'listen'), 'host') ?? '127.0.0.1';
  const [first] = demoSecretsIn(document);
  if (first === undefined || typeof host !== 'string' || isLoopback(host)) return [];
  const expected =
    `a loopback address (127.0.0.1, ::1, localhost), because the demo's ${first} is in this configuration and anyone ` +
    'knows it: put keys, site keys and admin tokens of your own in its place to listen elsewhere';
  return [{ path: ['listen', 'host'], expected, got: showValue(host) }];
}
