import type { Counters } from '../coordination.ts';

/** What was used of a name, until when (milliseconds since the epoch). */
export interface KeptAmount {
  readonly name: string;
  readonly amount: number;
  readonly until: number;
}

/** Where amounts outlive the process. */
export interface AmountShelf {
  /** All that is there. */
  readAll(): readonly KeptAmount[];
  /** Keeps these in place of those of the same names; forgets those of no amount. */
  keep(amounts: readonly KeptAmount[]): Promise<void>;
}

interface Amount {
  /** With what is set aside. */
  used: number;
  /** What reservations turned out to be. */
  settled: number;
  readonly until: number;
}

/** What a crash may lose, in milliseconds. Our choice. */
const keepAfterMs = 1_000;

/**
 * Amounts that are used, by name. What they turn out to be is put on the shelf together, a moment later; what is only set aside is free
 * again after a crash. What the shelf does not take is offered again.
 */
export function createAmounts(shelf?: AmountShelf): Pick<Counters, 'reserve' | 'close'> {
  const amounts = new Map<string, Amount>();
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let keeping: Promise<void> = Promise.resolve();
  for (const { name, amount, until } of shelf?.readAll() ?? []) {
    amounts.set(name, { used: amount, settled: amount, until });
  }
  forgetOld();

  function forgetOld(): void {
    const now = Date.now();
    for (const [name, { until }] of amounts) {
      if (until > now) continue;
      amounts.delete(name);
      change(name);
    }
  }
  function change(name: string): void {
    if (shelf === undefined) return;
    changed.add(name);
    timer ??= setTimeout(() => void keep(), keepAfterMs).unref();
  }
  function keep(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const names = [...changed];
    changed.clear();
    keeping = keeping.then(() => put(names));
    return keeping;
  }
  async function put(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    const rows = names.map((name) => {
      const { settled = 0, until = 0 } = amounts.get(name) ?? {};
      return { name, amount: settled, until };
    });
    // What fails here fails for callers too, who report it.
    await shelf?.keep(rows).catch(() => names.forEach(change));
  }

  return {
    reserve(name, amount, { most, until }) {
      forgetOld();
      const entry = amounts.get(name) ?? { used: 0, settled: 0, until };
      if (entry.used + amount > most) return Promise.resolve(undefined);
      amounts.set(name, entry);
      entry.used += amount;
      let counted: number | undefined;
      const settle = (truly: number): void => {
        entry.used = Math.max(0, entry.used + truly - (counted ?? amount));
        entry.settled = Math.max(0, entry.settled + truly - (counted ?? 0));
        counted = truly;
        change(name);
      };
      return Promise.resolve({ settle });
    },
    async close() {
      await keep();
      clearTimeout(timer);
    },
  };
}
