import { Cluster, Command } from 'ioredis';
import { toGatewayError } from '../../errors/index.ts';
import type { Client } from './connection.ts';
import type { RedisContext } from './record.ts';

/** Of so many rows one lies on each master, also of a large Cluster. */
const candidates = 256;
const keepSeconds = 60;

/** The address of the master that a row is on, as far as the client knows the slots; the same for all rows of one server. */
export function addressOf(client: Client, row: string): string {
  if (!(client instanceof Cluster)) return '';
  const [address = ''] = client.slots[new Command('get', [row]).getSlot()] ?? [];
  return address;
}

/**
 * Resolves when most of the masters have taken a write by `write`, without waiting for the others: what lies on them can be served. Throws
 * what kept one from it when most cannot any more.
 */
export function checkMasters(
  client: Client,
  { keys, now }: Pick<RedisContext, 'keys' | 'now'>,
  write: (work: (through: RedisContext) => Promise<unknown>) => Promise<unknown>,
): Promise<void> {
  const rows = new Map<string, string>();
  for (let number = 0; number < candidates; number += 1)
    rows.set(addressOf(client, keys.check(number)), keys.check(number));
  const writing = [...rows.values()].map((row) =>
    write(({ ask }) => ask((to) => to.set(row, now(), 'EX', keepSeconds), row)),
  );
  return most(writing);
}

/** Resolves when more than half have; rejects when that can no longer be. */
function most(works: readonly Promise<unknown>[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let done = 0;
    let failed = 0;
    for (const work of works) {
      work.then(
        () => (done += 1) * 2 > works.length && resolve(),
        (reason: unknown) => (failed += 1) * 2 >= works.length && reject(toGatewayError(reason)),
      );
    }
  });
}
