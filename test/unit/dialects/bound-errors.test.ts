import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundErrors, measureQuickly } from '../../../src/dialects/bound-errors.ts';

const most = 3;
const word = { type: 'string', maxLength: 1 };
const place = { type: 'object', required: ['a'], properties: { a: word, b: { type: 'integer', minimum: 1 } } };

/** Every way in which a schema can go through lists and maps, over each other and under conditions. */
const schemas = {
  'a list': { type: 'array', items: word },
  'a list of named schemas': { type: 'array', items: { $ref: '#/$defs/place' }, $defs: { place } },
  'lists in lists': { type: 'array', items: { type: 'array', items: { $ref: '#/$defs/word' } }, $defs: { word } },
  'a map of nothing else': { type: 'object', properties: { a: word }, additionalProperties: false },
  'a map of anything': { type: 'object', additionalProperties: word, propertyNames: { maxLength: 1 } },
  'a map by patterns': { type: 'object', patternProperties: { '^a': word, b$: place } },
  'one of two': {
    anyOf: [
      { type: 'array', items: word },
      { type: 'array', items: place },
    ],
  },
  'exactly one of two': {
    oneOf: [
      { type: 'array', items: word },
      { type: 'array', items: { type: ['string', 'number'] } },
    ],
  },
  'not one': { not: { type: 'array', items: word } },
  'one if another': {
    if: { type: 'array', items: word },
    then: { maxItems: 4 },
    else: { type: 'array', items: place },
  },
  'a tuple': { type: 'array', prefixItems: [word], minItems: 1, items: place },
} as const;

const leaf = fc.constantFrom<unknown>('', 'x', 'xyz', 0, 1.5, null, true);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie('any'), { maxLength: 9 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'ab', 'abc', 'ba', 'c', 'd', 'e'), tie('any'), { maxKeys: 9 }),
  ),
})).any;

describe.each(Object.entries(schemas))('errors in %s', (_name, schema) => {
  const options = { allErrors: true, allowUnionTypes: true, strictTuples: false, strictTypes: false };
  const bounded = new Ajv2020(options);
  boundErrors(bounded, most);
  const validate = bounded.compile(schema);
  const all = new Ajv2020(options).compile(schema);

  it('are the first of all that there are, and there are any where there are some', () => {
    fc.assert(
      fc.property(value, (data) => {
        expect(validate(data)).toBe(all(data));
        const told = validate.errors ?? [];
        const first = (all.errors ?? []).slice(0, most);
        expect(told.slice(0, first.length)).toEqual(first);
      }),
      { numRuns: 500 },
    );
  });

  it('are no more in a long list than in a short one', () => {
    const long = Array.from({ length: 500 }, () => ({ a: 5, b: 'x' }));
    const wide = Object.fromEntries(long.map((each, at) => [`ab${at}b`, each]));
    for (const data of [long, long.map(() => long.slice(0, 5)), wide]) {
      validate(data);
      expect((validate.errors ?? []).length).toBeLessThanOrEqual(5 * most);
    }
  });
});

describe('a text that is measured quickly', () => {
  const options = { allErrors: true, verbose: true };
  const quick = new Ajv2020(options);
  measureQuickly(quick);
  const part = fc.constantFrom('a', 'é', '\u{1f600}', '\ud83d', '\ude00');
  const texts = fc.array(part, { maxLength: 14 }).map((parts) => parts.join(''));

  it.each([0, 1, 2, 5, 7])('has as many characters as it has, %i or another number', (limit) => {
    for (const schema of [{ maxLength: limit }, { minLength: limit }, { minLength: limit, maxLength: limit }]) {
      const [validate, usual] = [
        quick.compile({ type: 'string', ...schema }),
        new Ajv2020(options).compile({ type: 'string', ...schema }),
      ];
      fc.assert(
        fc.property(texts, (text) => {
          expect(validate(text)).toBe(usual(text));
          expect(validate.errors).toEqual(usual.errors);
        }),
        { numRuns: 200 },
      );
    }
  });
});
