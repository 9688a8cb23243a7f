import { GatewayError } from '../../errors/index.ts';

/** Openings that are under way in this process, and what has to come after them. */
export interface Openings {
  /** Runs an opening after those before it that share one of its names. `whenWritten` lets go what waits for its record. */
  run<T>(id: string, names: readonly string[], opening: (whenWritten: () => void) => Promise<T>): Promise<T>;
  /** Does something with a conversation, which may be on its way. */
  after<T>(id: string, work: () => Promise<T>): Promise<T>;
  /** Resolves when no opening of a conversation is under way. */
  settled(id: string): Promise<unknown>;
}

interface Opening {
  /** Whether the record is on its way, or never will be: what is sent now arrives after it. */
  isWritten: boolean;
  /** Who waits for that. */
  readonly waiting: (() => void)[];
  ended: Promise<unknown>;
}

const atOnce = Promise.resolve();

export function createOpenings(): Openings {
  const byId = new Map<string, Opening>();
  const byName = new Map<string, Promise<unknown>>();

  /** In this process nobody draws a number for a conversation that another opening is about to begin. */
  async function inOrder<T>(names: readonly string[], opening: () => Promise<T>): Promise<T> {
    const earlier = names.flatMap((name) => byName.get(name) ?? []);
    const running = Promise.allSettled(earlier).then(opening);
    const ended = running.catch(() => undefined);
    for (const name of names) byName.set(name, ended);
    try {
      return await running;
    } finally {
      for (const name of names) if (byName.get(name) === ended) byName.delete(name);
    }
  }

  return {
    run<T>(id: string, names: readonly string[], opening: (whenWritten: () => void) => Promise<T>): Promise<T> {
      const entry: Opening = { isWritten: false, waiting: [], ended: atOnce };
      const whenWritten = (): void => {
        entry.isWritten = true;
        for (const goOn of entry.waiting.splice(0)) goOn();
      };
      const running = names.length === 0 ? opening(whenWritten) : inOrder(names, () => opening(whenWritten));
      entry.ended = running;
      byId.set(id, entry);
      const end = (): void => {
        whenWritten();
        if (byId.get(id) === entry) byId.delete(id);
      };
      running.then(end, end);
      return running;
    },
    after<T>(id: string, work: () => Promise<T>): Promise<T> {
      const opening = byId.get(id);
      if (opening === undefined) return work();
      const again = (thrown: unknown): Promise<T> => {
        if (!(thrown instanceof GatewayError) || thrown.code !== 'not-found') throw thrown;
        // A script that Redis had forgotten was sent once more, and was overtaken; so was one on another node.
        return opening.ended.then(work, work);
      };
      if (opening.isWritten) return work().then(undefined, again);
      return new Promise<void>((goOn) => opening.waiting.push(goOn)).then(work).then(undefined, again);
    },
    settled: (id) => byId.get(id)?.ended.catch(() => undefined) ?? atOnce,
  };
}
