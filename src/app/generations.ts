import type { Config } from '../config/index.ts';
import type { Lifetime } from '../http/lifetime.ts';
import { type Generation, type GenerationMaterials, isSame, openGeneration, tellOf } from './generation.ts';
import { type Refused, refusalFor } from './restart.ts';

/** What is ready to take over, in one step; or why nothing is. */
export type Prepared =
  | { readonly outcome: 'ready'; commit(): void; discard(): Promise<void> }
  | { readonly outcome: 'unchanged' }
  | Refused;

/** The generation that answers calls, and those before it that are still needed. */
export interface Generations {
  readonly current: Generation;
  /** Opens the next one beside the current one. Never rejects. */
  prepare(config: Config): Promise<Prepared>;
  close(): Promise<void>;
}

export interface GenerationsMaterials extends GenerationMaterials {
  readonly lifetime: Lifetime;
}

/** Begins with the generation of a configuration. Throws if anything cannot be opened; nothing stays open then. */
export async function openGenerations(config: Config, materials: GenerationsMaterials): Promise<Generations> {
  const { log, metrics, lifetime } = materials;
  let current = await openGeneration(config, materials);
  const open = new Set([current]);
  tellOf(current, metrics);

  /** Lets go of one when every call that may have to do with it has ended. */
  const retire = async (old: Generation): Promise<void> => {
    const { asking, replies, passing } = lifetime;
    // A reply may have been begun by a call that ran at the change, and outlives it.
    const answered = asking.ended().then(() => replies.ended());
    const passed = passing.ended();
    await answered;
    await old.closeAnswering();
    await passed;
    await old.closePassing();
    open.delete(old);
  };

  const commit = (next: Generation): void => {
    const old = current;
    current = next;
    open.add(next);
    tellOf(next, metrics, old);
    if (next.config.log.level !== old.config.log.level) log.level = next.config.log.level;
    retire(old).catch((cause: unknown) =>
      log.error({ err: cause }, 'what the last configuration opened cannot be closed'),
    );
  };

  return {
    get current() {
      return current;
    },
    async prepare(wanted) {
      const refusal = refusalFor(current.config, wanted);
      if (refusal) return refusal;
      try {
        const next = await openGeneration(wanted, materials, current);
        if (isSame(next, current)) {
          await next.close();
          return { outcome: 'unchanged' };
        }
        return { outcome: 'ready', commit: () => commit(next), discard: next.close };
      } catch (failure) {
        return { outcome: 'failed', problem: failure instanceof Error ? failure.message : String(failure) };
      }
    },
    async close() {
      for (const generation of open) await generation.close();
    },
  };
}
