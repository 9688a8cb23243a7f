import type { Allowance, Counters } from '../counters.ts';
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
  /** Tells Redis what was used while it was away. */
  tell(): void;
  /** Resolves when Redis has heard everything that it was told. */
  close(): Promise<void>;
}

/** Amounts of all processes: a row for each name. What was used while Redis was away it is told when it is back. */
export function createAmounts({ connection, keys, insurance, own }: AmountsMaterials): Amounts {
  const { run, client } = connection;
  const untold = new Map<string, { readonly difference: number; readonly until: number }>();
  const telling = new Set<Promise<unknown>>();

  function keepForLater(row: string, difference: number, { until }: Pick<Allowance, 'until'>): void {
    const sum = (untold.get(row)?.difference ?? 0) + difference;
    if (sum === 0) untold.delete(row);
    else untold.set(row, { difference: sum, until });
  }
  /** Once: what Redis did not acknowledge it may have counted all the same. */
  function change(row: string, difference: number, { until }: Pick<Allowance, 'until'>): void {
    const done = run('settleAmount', [row], difference, until).catch(() => undefined);
    telling.add(done);
    void done.then(() => telling.delete(done));
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
          keepForLater(row, amount, allowance);
          return true;
        },
        late: (counted) => counted && keepForLater(row, -amount, allowance),
      });
      if (!isAllowed) own.settle(name, -amount, allowance);
      return isAllowed;
    },
    settle(name, difference, allowance) {
      if (difference === 0) return;
      own.settle(name, difference, allowance);
      const row = keys.amount(name);
      if (insurance.isAway || client.status !== 'ready') keepForLater(row, difference, allowance);
      else change(row, difference, allowance);
    },
    tell() {
      for (const [row, { difference, until }] of untold) change(row, difference, { until });
      untold.clear();
    },
    async close() {
      await Promise.all(telling);
    },
  };
}
