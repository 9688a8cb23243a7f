import type { FieldError } from './field-errors.ts';

/** How the amounts of a file are written: what each sign stands for in those that can be read in one way only. */
interface Seen {
  /** Before one or two digits at the end: `12,50`. */
  readonly decimal: boolean;
  /** Before three of them that are no thousands: `0.950`, `1234.500`. */
  readonly thousandths: boolean;
  /** Between groups: `1.234,50`, `1.234.567`. */
  readonly group: boolean;
}

type Sign = '.' | ',';
type Signs = Readonly<Record<Sign, Seen>>;

const nothing: Seen = { decimal: false, thousandths: false, group: false };
const otherOf = { '.': ',', ',': '.' } as const;

/** The amounts of a file that was read already say otherwise of earlier ones: it is to be read anew, with what they say. */
export class LateStyle extends Error {
  override readonly name = 'LateStyle';
  readonly signs: Signs;
  constructor(signs: Signs) {
    super('The prices of the file show later how the first ones are to be read');
    this.signs = signs;
  }
}

/** Amounts such as `12.345` that a file leaves open. */
export interface OpenAmounts {
  readonly count: number;
  readonly first: Pick<FieldError, 'line' | 'field'> & { readonly value: unknown };
}

/** How three digits after the only sign of an amount are read, from what all amounts of its file show. */
export interface PriceStyle {
  /** Names the cell that is read next. */
  at(field: FieldError['field'], line: number, value: unknown): void;
  saw(sign: string, as: keyof Seen): void;
  /** Whether `12.345` is `12345`; `decimals` are those of the currency. */
  isGroup(sign: string, decimals: number): boolean;
  /** After the last amount. Throws `LateStyle` where an earlier one is to be read in another way than it was. */
  finish(): readonly OpenAmounts[];
}

/**
 * Thousands where the other sign is the decimal one, or this one stands between groups; decimals where this sign has three of them
 * elsewhere. Where nothing tells: thousands, unless the currency has three decimals. Our choice, and told.
 */
function decide(signs: Signs, sign: Sign, decimals: number): { readonly isGroup: boolean; readonly isSure: boolean } {
  const [own, other] = [signs[sign], signs[otherOf[sign]]];
  if (own.group !== own.thousandths) return { isGroup: own.group, isSure: true };
  const isOther = other.decimal || other.thousandths;
  if (isOther && !own.decimal) return { isGroup: true, isSure: true };
  return { isGroup: decimals !== 3, isSure: own.decimal && decimals === 3 };
}

const isSign = (sign: string): sign is Sign => sign === '.' || sign === ',';

/** Begins with what is known of a file, where it was read before. */
export function createPriceStyle(known: Signs = { '.': nothing, ',': nothing }): PriceStyle {
  const signs: Record<Sign, Seen> = { ...known };
  const open = new Map<
    string,
    { sign: Sign; decimals: number; ways: Set<boolean>; count: number; first: OpenAmounts['first'] }
  >();
  let cell: OpenAmounts['first'] = { line: 0, field: 'price', value: undefined };
  return {
    at(field, line, value) {
      cell = { field, line, value };
    },
    saw(sign, as) {
      if (isSign(sign) && !signs[sign][as]) signs[sign] = { ...signs[sign], [as]: true };
    },
    isGroup(sign, decimals) {
      if (!isSign(sign)) return false;
      const { isGroup } = decide(signs, sign, decimals);
      const key = `${sign}${decimals}`;
      const before = open.get(key);
      if (before === undefined) open.set(key, { sign, decimals, ways: new Set([isGroup]), count: 1, first: cell });
      else {
        before.count += 1;
        before.ways.add(isGroup);
      }
      return isGroup;
    },
    finish() {
      const decided = Array.from(open.values(), (each) => ({ ...each, ...decide(signs, each.sign, each.decimals) }));
      if (decided.some(({ ways, isGroup }) => ways.has(!isGroup))) throw new LateStyle({ ...signs });
      return decided.filter(({ isSure }) => !isSure).map(({ count, first }) => ({ count, first }));
    },
  };
}
