import { randomUUID } from 'node:crypto';
import { GatewayError } from '../../errors/index.ts';
import type { Counters } from '../counters.ts';
import type { Connection } from './connection.ts';
import type { Insurance } from './counters-insurance.ts';
import type { Keys } from './keys.ts';

export interface AmountsMaterials {
  readonly connection: Connection;
  readonly keys: Pick<Keys, 'amount'>;
  readonly insurance: Insurance;
  /** What this process has used, whoever allowed it. */
  readonly own: Pick<Counters, 'reserve' | 'settle'>;
}

export interface Amounts extends Pick<Counters, 'reserve' | 'settle'> {
  /** Tells Redis what it has not acknowledged yet. */
  tell(): void;
  /** Resolves when Redis has heard everything that it was told, or does not answer. */
  close(): Promise<void>;
}

/** What Redis has not acknowledged of a row. */
interface Debt {
  /** What it is told, or was told without an answer: it is told the same again, by the same number, and counts it once. */
  told?: { readonly number: number; readonly difference: number };
  /** What came after that. */
  rest: number;
  readonly until: number;
  telling?: Promise<void>;
}

/**
 * Amounts of all processes: a row for each name. What a reservation turned out to be is told until Redis acknowledges it, and counted
 * once; a reservation whose answer was lost is told again, and may be counted twice.
 */
export function createAmounts({ connection, keys, insurance, own }: AmountsMaterials): Amounts {
  const { run } = connection;
  const debts = new Map<string, Debt>();
  const process = randomUUID().slice(0, 13);
  let lastNumber = 0;

  function owe(row: string, difference: number, until: number): void {
    const debt = debts.get(row) ?? { rest: 0, until };
    debts.set(row, debt);
    debt.rest += difference;
    if (!insurance.hangs) tellOf(row, debt);
  }
  function tellOf(row: string, debt: Debt): void {
    debt.telling ??= payOff(row, debt).finally(() => delete debt.telling);
  }
  async function payOff(row: string, debt: Debt): Promise<void> {
    for (;;) {
      if (debt.told === undefined && debt.rest !== 0) {
        lastNumber += 1;
        debt.told = { number: lastNumber, difference: debt.rest };
        debt.rest = 0;
      }
      if (debt.told === undefined) break;
      const { number, difference } = debt.told;
      try {
        await run('settleAmount', [row, `${row}:told:${process}`], difference, debt.until, number);
      } catch (reason) {
        // Told again, a command that is wrong would be as wrong.
        const isBug = reason instanceof GatewayError && reason.code === 'internal';
        if (!isBug) {
          insurance.miss(row, reason);
          return;
        }
      }
      delete debt.told;
    }
    debts.delete(row);
  }

  return {
    async reserve(name, amount, allowance) {
      // A process that has used all of it by itself need not ask.
      if (!(await own.reserve(name, amount, allowance))) return false;
      const { most, until } = allowance;
      const row = keys.amount(name);
      const isAllowed = await insurance.ask({
        row,
        ask: async () => (await run('reserveAmount', [row], amount, most, until)) === 1,
        instead() {
          owe(row, amount, until);
          return true;
        },
        late: (counted) => counted && owe(row, -amount, until),
      });
      if (!isAllowed) own.settle(name, -amount, allowance);
      return isAllowed;
    },
    settle(name, difference, allowance) {
      if (difference === 0) return;
      own.settle(name, difference, allowance);
      owe(keys.amount(name), difference, allowance.until);
    },
    tell() {
      for (const [row, debt] of debts) tellOf(row, debt);
    },
    async close() {
      for (const { telling } of debts.values()) await telling;
    },
  };
}
