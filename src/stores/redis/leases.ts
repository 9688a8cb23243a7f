import { randomUUID } from 'node:crypto';
import type { Leases } from '../coordination.ts';
import type { Connection } from './connection.ts';
import type { Keys } from './keys.ts';

/** How long a name is kept without a sign of life, in milliseconds, and how often there is one. Our choice. */
const defaultTimes = { keepMs: 10_000, renewMs: 3_000 };

interface Held {
  readonly row: string;
  /** Differs from every other holder's. */
  readonly text: string;
}

/** What a row holds. */
const rowText = (holder: string): string => `${randomUUID()} ${holder}`;
const holderIn = (text: string): string => text.slice(text.indexOf(' ') + 1);

/** Names of all processes over one Redis, by rows that end by themselves. A process that stands still for longer than that loses its names. */
export function createRedisLeases(
  { run, ask }: Pick<Connection, 'run' | 'ask'>,
  keys: Pick<Keys, 'lease'>,
  { keepMs, renewMs } = defaultTimes,
): Leases & { close(): Promise<void> } {
  const held = new Set<Held>();
  /** What fails here fails for callers too, who report it. A name that another has by now is lost. */
  async function renew(lease: Held): Promise<void> {
    const isKept = await run('renew', [lease.row], lease.text, keepMs).catch(() => 1);
    if (isKept === 0) held.delete(lease);
  }
  const timer = setInterval(() => void Promise.all([...held].map(renew)), renewMs).unref();

  async function release(lease: Held): Promise<void> {
    if (!held.delete(lease)) return;
    await run('release', [lease.row], lease.text).catch(() => undefined);
  }

  return {
    async take(name, holder) {
      const lease = { row: keys.lease(name), text: rowText(holder) };
      const known = await run('take', [lease.row], lease.text, keepMs);
      if (known !== null) return { takenBy: holderIn(known) };
      held.add(lease);
      return { lease: { release: () => release(lease) } };
    },
    async holder(name) {
      const known = await ask((client) => client.get(keys.lease(name)));
      return known === null ? undefined : holderIn(known);
    },
    async close() {
      clearInterval(timer);
      await Promise.all([...held].map(release));
    },
  };
}
