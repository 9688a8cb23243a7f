import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findJsonError } from '../../../../src/dialects/item-discovery/json-error.ts';

/** What `json.loads(bytes)` of Python 3.11 said: source, message, position. */
const table = JSON.parse(readFileSync(new URL('python-json-errors.json', import.meta.url), 'utf8')) as [
  string,
  string,
  number,
][];

describe('the error in a text that is not JSON', () => {
  it.each(table)('in %j is what Python says: %s at %i', (source, message, position) => {
    expect(findJsonError(source)).toEqual({ message, position });
  });

  it.each(['{}', ' [1, -2.5e3, "\\u00e9\\n", null, true] ', '"😀"', 'NaN', '[Infinity, -Infinity]', '\ufeff1'])(
    'is not there where Python reads on: %j',
    (source) => expect(findJsonError(source)).toBeUndefined(),
  );

  it('is found in a mebibyte of brackets, of escapes and of quotes, without running out of stack', () => {
    expect(findJsonError('['.repeat(1_048_576))).toEqual({ message: 'Expecting value', position: 1_048_576 });
    expect(findJsonError(`"${'\\n'.repeat(524_288)}`)).toMatchObject({ message: 'Unterminated string starting at' });
    expect(findJsonError('"'.repeat(1_048_576))).toEqual({ message: 'Extra data', position: 2 });
  });
});
