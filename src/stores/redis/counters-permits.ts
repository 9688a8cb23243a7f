import { randomUUID } from 'node:crypto';
import type { Counters } from '../coordination.ts';
import type { Connection } from './connection.ts';
import type { Insurance } from './counters-insurance.ts';
import type { Keys } from './keys.ts';

export interface PermitsMaterials {
  readonly connection: Connection;
  readonly keys: Pick<Keys, 'places'>;
  readonly insurance: Insurance;
  /** The places of this process, whoever gave them. */
  readonly own: Pick<Counters, 'acquire'>;
  /** How long a place is taken without a sign of life of its process, in milliseconds. */
  readonly keepMs: number;
}

export interface Permits extends Pick<Counters, 'acquire'> {
  /** Gives a sign of life for all places of this process, those that Redis knows nothing of included. */
  keep(): Promise<void>;
  /** Gives all of them back. */
  close(): Promise<void>;
}

/** How many places one command names: more would keep Redis from others for too long. */
const atATime = 1_000;

/** Places of all processes: a row for each name, in which every place stands until it is given back or not kept any more. */
export function createPlaces({ connection, keys, insurance, own, keepMs }: PermitsMaterials): Permits {
  const { run, ask } = connection;
  const held = new Map<string, Set<string>>();
  const returning = new Set<Promise<unknown>>();
  const process = randomUUID().slice(0, 13);
  let given = 0;

  const forget = (row: string, place: string): void => {
    const places = held.get(row);
    if (places?.delete(place) && places.size === 0) held.delete(row);
  };
  /** What cannot be given back is free when its time is over. */
  const giveBack = (row: string, places: readonly string[]): void => {
    const done = ask((client) => client.zrem(row, ...places)).catch(() => undefined);
    returning.add(done);
    void done.then(() => returning.delete(done));
  };
  async function keep(): Promise<void> {
    const signs = [...held].flatMap(([row, places]) =>
      inParts([...places]).map((part) => run('keepPlaces', [row], keepMs, ...part)),
    );
    // What fails here fails for callers too, who report it.
    await Promise.allSettled(signs);
  }
  return {
    async acquire(name, most) {
      // A process that has all places by itself need not ask.
      const mine = await own.acquire(name, most);
      if (mine === undefined) return undefined;
      const row = keys.places(name);
      given += 1;
      const place = `${process}-${given.toString(36)}`;
      const isFree = await insurance.ask({
        row,
        ask: async () => (await run('takePlace', [row], most, place, keepMs)) === 1,
        instead: () => true,
      });
      if (!isFree) {
        mine.release();
        return undefined;
      }
      held.set(row, (held.get(row) ?? new Set()).add(place));
      let released = false;
      return {
        release(): void {
          if (released) return;
          released = true;
          forget(row, place);
          mine.release();
          giveBack(row, [place]);
        },
      };
    },
    keep,
    async close() {
      for (const [row, places] of held) for (const part of inParts([...places])) giveBack(row, part);
      held.clear();
      await Promise.all(returning);
    },
  };
}

function inParts<T>(list: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / atATime) }, (_, part) =>
    list.slice(part * atATime, (part + 1) * atATime),
  );
}
