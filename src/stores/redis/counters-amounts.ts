import { randomUUID } from 'node:crypto';
import { GatewayError } from '../../errors/index.ts';
import type { Counters } from '../coordination.ts';
import type { Connection } from './connection.ts';
import type { Insurance } from './counters-insurance.ts';
import type { Keys } from './keys.ts';

export interface AmountsMaterials {
  readonly connection: Connection;
  readonly keys: Pick<Keys, 'amount'>;
  readonly insurance: Insurance;
  /** What this process has used, whoever allowed it. */
  readonly own: Pick<Counters, 'reserve'>;
  /** How long an amount is set aside without a sign of life of its process, in milliseconds. */
  readonly keepMs: number;
}

export interface Amounts extends Pick<Counters, 'reserve'> {
  /** Gives a sign of life for all that this process has set aside, also what Redis knows nothing of. */
  keep(): Promise<void>;
  /** Tells Redis what it has not acknowledged yet. */
  tell(): void;
  /** Resolves when Redis has heard everything that it was told, or does not answer. */
  close(): Promise<void>;
}

/** What was used, and which reservations need not be kept any more. */
interface Difference {
  amount: number;
  readonly released: string[];
}

/** What Redis has not acknowledged of a row. */
interface Debt {
  /** What it is told, or was told without an answer: it is told the same again, by the same number, and counts it once. */
  told?: { readonly number: number; readonly difference: Difference };
  /** What came after that. */
  rest?: Difference;
  readonly until: number;
  telling?: Promise<void>;
}

/** One command names so many reservations at most: of more, the first are not kept any more by themselves soon. */
const mostReleased = 1_000;

/** Beside each row of what was used: what is set aside, by the reservation. */
const asideOf = (row: string): string => `${row}:aside`;

/**
 * Amounts of all processes: a row for each name. What a reservation turned out to be is told until Redis acknowledges it, and counted
 * once, as the reservation is. What a process that died had set aside is free when it has given no sign for a while.
 */
export function createAmounts({ connection, keys, insurance, own, keepMs }: AmountsMaterials): Amounts {
  const { run } = connection;
  const debts = new Map<string, Debt>();
  const aside = new Map<string, Map<string, number>>();
  const process = randomUUID().slice(0, 13);
  let lastNumber = 0;
  let given = 0;

  function owe(row: string, until: number, difference: number, released: string | undefined): void {
    const debt: Debt = debts.get(row) ?? { until };
    debts.set(row, debt);
    debt.rest ??= { amount: 0, released: [] };
    debt.rest.amount += difference;
    if (released !== undefined) debt.rest.released.push(released);
    if (debt.rest.released.length > mostReleased) debt.rest.released.shift();
    if (!insurance.hangs) tellOf(row, debt);
  }
  function tellOf(row: string, debt: Debt): void {
    debt.telling ??= payOff(row, debt).finally(() => delete debt.telling);
  }
  async function payOff(row: string, debt: Debt): Promise<void> {
    for (;;) {
      if (debt.told === undefined && debt.rest !== undefined) {
        lastNumber += 1;
        debt.told = { number: lastNumber, difference: debt.rest };
        delete debt.rest;
      }
      if (debt.told === undefined) break;
      const { number, difference } = debt.told;
      try {
        const rows = [row, `${row}:told:${process}`, asideOf(row)];
        await run('settleAmount', rows, difference.amount, debt.until, number, ...difference.released);
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
  function release(row: string, id: string): void {
    const mine = aside.get(row);
    if (mine?.delete(id) && mine.size === 0) aside.delete(row);
  }

  return {
    async reserve(name, amount, quota) {
      // A process that has used all of it by itself need not ask.
      const mine = await own.reserve(name, amount, quota);
      if (mine === undefined) return undefined;
      const { most, until } = quota;
      const row = keys.amount(name);
      given += 1;
      const id = `${process}-${given.toString(36)}`;
      const isAllowed = await insurance.ask({
        row,
        ask: async () => (await run('reserveAmount', [row, asideOf(row)], amount, most, id, keepMs)) === 1,
        instead: () => true,
      });
      if (!isAllowed) {
        mine.settle(0);
        return undefined;
      }
      aside.set(row, (aside.get(row) ?? new Map<string, number>()).set(id, amount));
      let counted: number | undefined;
      return {
        settle(used) {
          mine.settle(used);
          if (used === counted) return;
          release(row, id);
          owe(row, until, used - (counted ?? 0), counted === undefined ? id : undefined);
          counted = used;
        },
      };
    },
    async keep() {
      const signs = [...aside].map(([row, mine]) => run('keepAmounts', [asideOf(row)], keepMs, ...[...mine].flat()));
      // What fails here fails for callers too, who report it.
      await Promise.allSettled(signs);
    },
    tell() {
      for (const [row, debt] of debts) tellOf(row, debt);
    },
    async close() {
      for (const { telling } of debts.values()) await telling;
    },
  };
}
