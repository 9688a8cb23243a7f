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
  /** The record is on its way, or never will be: what is sent now arrives after it. */
  readonly written: Promise<void>;
  readonly ended: Promise<unknown>;
}

export function createOpenings(): Openings {
  const byId = new Map<string, Opening>();
  const byName = new Map<string, Promise<unknown>>();

  /** In this process nobody draws a number for a conversation that another opening is about to begin. */
  async function inOrder<T>(names: readonly string[], opening: () => Promise<T>): Promise<T> {
    if (names.length === 0) return opening();
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
    async run(id, names, opening) {
      let release = () => {};
      const written = new Promise<void>((resolve) => {
        release = resolve;
      });
      const running = inOrder(names, () => opening(release));
      const entry = { written, ended: running.catch(() => undefined) };
      byId.set(id, entry);
      try {
        return await running;
      } finally {
        release();
        if (byId.get(id) === entry) byId.delete(id);
      }
    },
    async after(id, work) {
      const opening = byId.get(id);
      if (opening === undefined) return work();
      await opening.written;
      try {
        return await work();
      } catch (thrown) {
        if (!(thrown instanceof GatewayError) || thrown.code !== 'not-found') throw thrown;
        // A script that Redis had forgotten was sent once more, and was overtaken; so was one on another node.
        await opening.ended;
        return work();
      }
    },
    async settled(id) {
      await byId.get(id)?.ended;
    },
  };
}
