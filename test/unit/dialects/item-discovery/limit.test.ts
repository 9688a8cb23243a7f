import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readInteger, refuseLimit } from '../../../../src/dialects/item-discovery/limit.ts';
import { schemaGuard } from '../../../../src/dialects/schema.ts';

const guard = schemaGuard('item-discovery/send-message.request.json');
const accepts = (limit: unknown) => guard.accepts({ body: { message: 'a', limit } });

describe('a limit', () => {
  it.each([
    ['3', 3],
    ['3.0', 3],
    [3, 3],
    [true, 1],
    [' 3 ', 3],
    ['+3', 3],
    ['1_0', 10],
    ['03', 3],
    ['3.00', 3],
    ['\t3\n', 3],
    ['\u00a03', 3],
    ['\u0085 3', 3],
    ['0_1', 1],
    ['1_0.0', 10],
    ['003.0', 3],
    ['+03', 3],
    ['50', 50],
    ['5_0', 50],
    [`${'0'.repeat(5_000)}3`, 3],
    [`3.${'0'.repeat(5_000)}`, 3],
  ])('of %.20j is taken as %i', (wire, value) => {
    expect(accepts(wire)).toBe(true);
    expect(refuseLimit(wire)).toBeUndefined();
    expect(readInteger(wire)).toBe(value);
  });

  // Each row is what pydantic 2.13.4 says.
  it.each([
    [false, 'greater_than_equal'],
    ['-1', 'greater_than_equal'],
    ['0', 'greater_than_equal'],
    ['00', 'greater_than_equal'],
    ['-0', 'greater_than_equal'],
    ['+0', 'greater_than_equal'],
    [-1, 'greater_than_equal'],
    ['0'.repeat(4_301), 'greater_than_equal'],
    ['51', 'less_than_equal'],
    ['9'.repeat(20), 'less_than_equal'],
    ['1'.repeat(4_300), 'less_than_equal'],
    ['1'.repeat(4_301), 'int_parsing_size'],
    ['', 'int_parsing'],
    ['3e0', 'int_parsing'],
    ['3.', 'int_parsing'],
    ['3.5', 'int_parsing'],
    ['.5', 'int_parsing'],
    ['1__0', 'int_parsing'],
    ['_1', 'int_parsing'],
    ['1_', 'int_parsing'],
    ['٣', 'int_parsing'],
    ['0x3', 'int_parsing'],
    ['+', 'int_parsing'],
    ['\ufeff3', 'int_parsing'],
    ['--3', 'int_parsing'],
    ['- 3', 'int_parsing'],
    ['3.0_0', 'int_parsing'],
    ['3\u0000', 'int_parsing'],
    ['\u001c3', 'int_parsing'],
    [0.5, 'int_from_float'],
    [Number.POSITIVE_INFINITY, 'finite_number'],
    [null, 'int_type'],
    [[1], 'int_type'],
    [{}, 'int_type'],
  ])('of %.20j is refused as %s', (wire, type) => {
    expect(accepts(wire)).toBe(false);
    expect(refuseLimit(wire)?.type).toBe(type);
  });

  it('is refused in words exactly where the schema refuses it', () => {
    const text = fc.string({ unit: fc.constantFrom(...Array.from('0123456789_+-. \n')) });
    fc.assert(
      fc.property(fc.oneof(text, fc.integer(), fc.double(), fc.boolean()), (wire) => {
        expect(refuseLimit(wire) === undefined).toBe(accepts(wire));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(['0', '1', ' ', '0_', '1.0'])('takes no longer than its length: a mebibyte of %j', (part) => {
    const started = performance.now();
    const wire = `${part.repeat(1_048_576 / part.length)}x`;
    expect(accepts(wire)).toBe(false);
    expect(refuseLimit(wire)?.type).toBe('int_parsing');
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
