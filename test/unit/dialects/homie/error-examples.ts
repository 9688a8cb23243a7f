import { readdirSync, readFileSync } from 'node:fs';
import type { Dialect } from '../../../../src/dialects/dialect.ts';
import { schemaGuard } from '../../../../src/dialects/schema.ts';
import { type ErrorCode, GatewayError, type GatewayErrorDetails } from '../../../../src/errors/index.ts';

interface Example {
  /** What went wrong: a request that the schema refuses, or an error. */
  readonly given:
    | { readonly request: object }
    | {
        readonly error: { readonly code: ErrorCode; readonly message: string; readonly details?: GatewayErrorDetails };
      };
  readonly wire: object;
}

/** The error files under `test/golden` of a dialect: the error that each stands for, and the response that it must become. */
export function errorExamples(dialect: Dialect) {
  const folder = new URL(`../../../golden/${dialect.name}/`, import.meta.url);
  const files = readdirSync(folder).filter((file) => file.endsWith('.error.json'));
  return files.map((file) => {
    // Our own files.
    const { given, wire } = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Example;
    return { file, error: errorOf(dialect, file, given), wire };
  });
}

function errorOf({ name }: Dialect, file: string, given: Example['given']): GatewayError {
  if ('error' in given) return new GatewayError(given.error.code, given.error.message, given.error.details);
  const violations = schemaGuard(`${name}/${file.split('.')[0] ?? ''}.request.json`).violations(given.request);
  if (violations.length === 0) throw new Error(`${file}: the schema accepts the request`);
  return new GatewayError('invalid-request', 'The request is not valid', { violations });
}
