import type { Refusal } from './wire.ts';

/** Source: seed. */
export const defaultLimit = 4;

const bounds = { ge: 1, le: 50 };

/** Zeros ahead stand apart: the digits that count can be counted, and no text takes longer than its length. */
const integerText = /^\p{White_Space}*([+-]?)(?:0_?)*([1-9](?:_?\d)*|(?<=0))(?:\.0+)?\p{White_Space}*$/u;

/**
 * The framework's reading of a whole number, NaN if it is none. Source: pydantic 2.13, lax mode; its slips behind a leading zero
 * (`0-6` and `0__5` as numbers) are not repeated.
 */
export function readInteger(wire: unknown): number {
  if (typeof wire !== 'string')
    return typeof wire === 'number' || typeof wire === 'boolean' ? Number(wire) : Number.NaN;
  const [, sign, digits] = integerText.exec(wire) ?? [];
  return digits === undefined ? Number.NaN : Number(`${sign ?? ''}${digits.replaceAll('_', '') || '0'}`);
}

interface Fault {
  readonly when: (wire: unknown) => boolean;
  readonly says: Pick<Refusal, 'type' | 'msg' | 'ctx'>;
}

/** Longer runs of digits are not read as numbers. Source: pydantic. */
const maxDigits = 4_300;

/** In the order in which pydantic looks; the first that applies is what it says. */
const faults: readonly Fault[] = [
  {
    when: (wire) => !['number', 'string', 'boolean'].includes(typeof wire),
    says: { type: 'int_type', msg: 'Input should be a valid integer' },
  },
  {
    when: (wire) => typeof wire === 'number' && !Number.isFinite(wire),
    says: { type: 'finite_number', msg: 'Input should be a finite number' },
  },
  {
    when: (wire) => typeof wire === 'number' && !Number.isInteger(wire),
    says: {
      type: 'int_from_float',
      msg: 'Input should be a valid integer, got a number with a fractional part',
    },
  },
  {
    when: (wire) => Number.isNaN(readInteger(wire)),
    says: {
      type: 'int_parsing',
      msg: 'Input should be a valid integer, unable to parse string as an integer',
    },
  },
  {
    when: (wire) =>
      typeof wire === 'string' && (integerText.exec(wire)?.[2]?.replaceAll('_', '').length ?? 0) > maxDigits,
    says: {
      type: 'int_parsing_size',
      msg: 'Unable to parse input string as an integer, exceeded maximum size',
    },
  },
  {
    when: (wire) => readInteger(wire) < bounds.ge,
    says: {
      type: 'greater_than_equal',
      msg: `Input should be greater than or equal to ${bounds.ge}`,
      ctx: { ge: bounds.ge },
    },
  },
  {
    when: (wire) => readInteger(wire) > bounds.le,
    says: {
      type: 'less_than_equal',
      msg: `Input should be less than or equal to ${bounds.le}`,
      ctx: { le: bounds.le },
    },
  },
];

/** What the framework says against a `limit`; `undefined` if it takes it. */
export function refuseLimit(wire: unknown): Fault['says'] | undefined {
  return faults.find(({ when }) => when(wire))?.says;
}
