import { GatewayError } from '../../errors/index.ts';
import { currentFormat, refuseMark } from '../format.ts';
import type { Connection } from './connection.ts';
import type { Keys } from './keys.ts';

/** Whether the rows of a prefix are of a layout that this program knows. It is read anew after each loss of the connection. */
export interface FormatMark {
  /** Whether it was found so, over the connection as it is. */
  readonly isKnown: boolean;
  /**
   * Marks rows that have no mark, as versions before it wrote them. Throws `store-unavailable` where a newer version wrote them; while
   * Redis is away, or the mark's node of a Cluster, it says nothing: what is asked of Redis fails by itself.
   */
  check(): Promise<void>;
}

/**
 * Closes the connection and throws an `Error` that names the row if the rows are not this program's. A Redis that is away is asked when it
 * is back.
 */
export async function openFormat(
  { client, ask, close }: Pick<Connection, 'client' | 'ask' | 'close'>,
  { format: row }: Pick<Keys, 'format'>,
): Promise<FormatMark> {
  let isKnown = false;
  let reading: Promise<string | undefined> | undefined;
  client.on('close', () => {
    isKnown = false;
  });

  /** Why the rows cannot be used. */
  async function read(): Promise<string | undefined> {
    try {
      await ask((to) => to.set(row, currentFormat, 'NX'), row);
      const refusal = refuseMark((await ask((to) => to.get(row))) ?? '');
      isKnown = refusal === undefined;
      return refusal && `The store in Redis cannot be used, by its row ${row}: ${refusal}`;
    } catch {
      return undefined; // who asks for more is told
    }
  }
  const readOnce = (): Promise<string | undefined> =>
    (reading ??= read().finally(() => {
      reading = undefined;
    }));

  const refusal = await readOnce();
  if (refusal !== undefined) {
    await close();
    throw new Error(refusal);
  }
  return {
    get isKnown() {
      return isKnown;
    },
    async check() {
      const found = await readOnce();
      if (found !== undefined) throw new GatewayError('store-unavailable', found);
    },
  };
}
