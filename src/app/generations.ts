import type { Config } from '../config/index.ts';
import type { Services } from '../conversations/services.ts';
import { dialects } from '../dialects/registry.ts';
import type { Lifetime } from '../http/lifetime.ts';
import { within } from './closing.ts';
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
  /** Opens the next one beside the current one; gives up one that takes too long. Never rejects. */
  prepare(config: Config): Promise<Prepared>;
  close(): Promise<void>;
}

export interface GenerationsMaterials extends GenerationMaterials {
  readonly lifetime: Lifetime;
  /** How long a generation may take to open beside another one, in milliseconds. */
  readonly prepareMs: number;
}

/** Begins with the generation of a configuration. Throws if anything cannot be opened; nothing stays open then. */
export async function openGenerations(config: Config, materials: GenerationsMaterials): Promise<Generations> {
  const { log, metrics, lifetime, prepareMs } = materials;
  let current = await openGeneration(config, materials);
  const generations = new Set([current]);
  const tellUnclosed = (cause: unknown): void =>
    log.error({ err: cause }, 'resources of an earlier configuration failed to close');
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
    generations.delete(old);
  };

  const commit = (next: Generation): void => {
    const old = current;
    current = next;
    generations.add(next);
    tellOf(next, metrics, old);
    if (next.config.log.level !== old.config.log.level) log.level = next.config.log.level;
    retire(old).catch(tellUnclosed);
  };

  const open = async (wanted: Config): Promise<Prepared> => {
    try {
      const next = await openGeneration(wanted, materials, current);
      if (isSame(next, current)) {
        await next.close();
        const [problem] = next.refused;
        return problem === undefined ? { outcome: 'unchanged' } : { outcome: 'failed', problem };
      }
      return { outcome: 'ready', commit: () => commit(next), discard: next.close };
    } catch (failure) {
      return { outcome: 'failed', problem: failure instanceof Error ? failure.message : String(failure) };
    }
  };

  return {
    get current() {
      return current;
    },
    async prepare(wanted) {
      const refusal = refusalFor(current.config, wanted);
      if (refusal) return refusal;
      const opening = open(wanted);
      const prepared = await within(opening, prepareMs);
      if (prepared !== undefined) return prepared;
      opening.then((late) => (late.outcome === 'ready' ? late.discard() : undefined)).catch(tellUnclosed);
      return { outcome: 'failed', problem: `It could not be opened within ${prepareMs / 1_000} s` };
    },
    async close() {
      for (const generation of generations) await generation.close();
    },
  };
}

/** Whose site a site key names, by the configuration in force. */
export function siteOwnerIn(generations: Generations): Services['siteOwner'] {
  const dialect = dialects.find(({ credential }) => credential.kind === 'site');
  return (site) => {
    const principal = generations.current.directory.site(site);
    return principal && dialect && { tenant: principal.tenant, defaultAgent: principal.defaultAgent, dialect };
  };
}
