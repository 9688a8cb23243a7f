import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dialects } from '../../src/dialects/registry.ts';
import { schemaGuard } from '../../src/dialects/schema.ts';
import { equals, expectSame, throughJson } from '../support/wire.ts';
import { type Narrowing, narrowings } from './narrowings.ts';
import { applies, asFields, expectedOf, type Passage, passagesOf, returnedOf, travel } from './passage.ts';

const holds = <T>(values: fc.Arbitrary<T>, check: (value: T) => void) => fc.assert(fc.property(values, check));

/** Law 2: what goes out and comes in again is the same, less what the endpoint does not carry. */
describe.each(dialects)('in $name', (dialect) => {
  const passages = passagesOf(dialect).map((passage) => [passage.name, passage] as const);

  it.each(passages)('%s passes its schema', (_name, passage) => {
    holds(passage.values, (value) => {
      const wire = passage.described(throughJson(passage.encode(value)));
      expect(schemaGuard(passage.schema).violations(wire)).toEqual([]);
    });
  });

  it.each(passages)('%s comes back with every field that is carried', (_name, passage) => {
    holds(passage.values, (value) => {
      expect(returnedOf(passage, travel(passage, value))).toEqual(expectedOf(passage, value));
    });
  });

  it.each(passages)('%s comes back the same whatever stood in a field that is not carried', (_name, passage) => {
    holds(fc.tuple(passage.values, passage.values), ([value, other]) => {
      const changed = withLostFieldsOf(passage, value, other);
      expect(travel(passage, changed)).toEqual(travel(passage, value));
    });
  });

  it.each(passages)('%s loses nothing that is on the wire', (_name, passage) => {
    holds(passage.values, (value) => {
      const wire = throughJson(passage.encode(value));
      expectSame(throughJson(passage.encode(passage.decode(wire))), wire);
    });
  });
});

/** A narrowing that nothing needs any more is a gap that has closed: take it out. */
describe.each(dialects)('of $name, what is carried in part', (dialect) => {
  const own = narrowings.filter((narrowing) => narrowing.dialect === dialect.name);

  it.each(own.map((narrowing) => [narrowing.field, narrowing.reason, narrowing] as const))(
    '%s: %s',
    (_field, _reason, narrowing) => {
      const places = passagesOf(dialect).filter((passage) => isAbout(narrowing, passage));
      expect(places).not.toHaveLength(0);
      expect(places.some((passage) => isNeeded(narrowing, passage))).toBe(true);
    },
  );
});

const isAbout = (narrowing: Narrowing, passage: Passage) =>
  passage.carried.some((field) => applies(narrowing, passage, field));

function isNeeded(narrowing: Narrowing, passage: Passage): boolean {
  const without = narrowings.filter((one) => one !== narrowing);
  return fc.sample(passage.values, { numRuns: 200, seed: 7 }).some((value) => {
    const returned = returnedOf(passage, travel(passage, value), without);
    return !equals(returned, expectedOf(passage, value, without));
  });
}

/** The value with another's content in each field that the passage does not carry. */
function withLostFieldsOf({ carried, prefix }: Passage, value: unknown, other: unknown): unknown {
  const isLost = ([key]: readonly [string, unknown]) => !carried.includes(`${prefix}${key}`);
  if (Array.isArray(value)) return value;
  const own = Object.entries(asFields(value)).filter((entry) => !isLost(entry));
  return Object.fromEntries([...own, ...Object.entries(asFields(other)).filter(isLost)]);
}
