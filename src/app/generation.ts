import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Backend } from '../backends/backend.ts';
import type { Catalog } from '../catalog/index.ts';
import type { Config } from '../config/index.ts';
import { type CallerRegistry, createCallerRegistry } from '../http/caller-registry.ts';
import { createPassThrough, type PassThrough } from '../http/pass-through/pass-through.ts';
import type { Migrations } from '../migrations/migrations.ts';
import { createAddressGuard } from '../network/index.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import { type BackendParts, openBackends } from './backends.ts';
import { type CatalogParts, openCatalogs } from './catalogs.ts';
import { createPart, type Part } from './parts.ts';

/** What is made from a configuration, and made anew from the next one as far as that differs. */
export interface Generation {
  readonly config: Config;
  readonly catalogs: ReadonlyMap<string, Catalog>;
  readonly backends: ReadonlyMap<string, Backend>;
  readonly directory: CallerRegistry;
  readonly passThrough: PassThrough;
  readonly parts: GenerationParts;
  /** Why files of catalogues are not taken: what was in use before is. */
  readonly refused: readonly string[];
  /** Lets go of what answers calls. */
  closeAnswering(): Promise<void>;
  /** Lets go of what calls are passed on by. */
  closePassing(): Promise<void>;
  /** Lets go of whatever it still holds. */
  close(): Promise<void>;
}

export interface GenerationParts {
  readonly catalogs: CatalogParts;
  readonly backends: BackendParts;
  readonly passThrough: Part<PassThrough>;
}

export interface GenerationMaterials {
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Backends made elsewhere, by name: each stands in for the configured one of that name, behind the same guards. */
  readonly standIns: ReadonlyMap<string, Backend>;
  /** Absent where nobody is served. */
  readonly migrations?: Pick<Migrations, 'know' | 'live'>;
}

/**
 * Opens everything that a configuration names for calls to be answered; what has not changed since the generation before it is
 * shared with that. Throws if anything cannot be opened; nothing new stays open then.
 */
export async function openGeneration(
  config: Config,
  materials: GenerationMaterials,
  before?: Generation,
): Promise<Generation> {
  const answering = createHolder();
  const passing = createHolder();
  // That one may be let go of before this one is there.
  const keeping = createHolder();
  for (const part of before ? allOf(before.parts) : []) keeping.hold(part);
  try {
    const addresses = createAddressGuard(config.allowedAddresses);
    const refused: string[] = [];
    const catalogs = await openCatalogs(config, {
      log: materials.log,
      metrics: materials.metrics,
      refused: (problem) => refused.push(problem),
      before: before?.parts.catalogs,
      hold: answering.hold,
    });
    const backendParts = await openBackends(config, {
      ...materials,
      catalogs,
      addresses,
      before: before?.parts.backends,
      hold: answering.hold,
    });
    const passThrough = openPassThrough(config, before, () => createPassThrough(config, addresses));
    passing.hold(passThrough);
    await materials.migrations?.know(config.migrations);
    await keeping.release();
    const backends = new Map([...backendParts].map(([name, { thing }]) => [name, thing.backend]));
    return {
      config,
      catalogs: new Map([...catalogs].map(([name, { thing }]) => [name, thing.catalog])),
      backends,
      directory: createCallerRegistry(
        config,
        backends,
        config.migrations.flatMap((one) => materials.migrations?.live(one) ?? []),
      ),
      passThrough: passThrough.thing,
      parts: { catalogs, backends: backendParts, passThrough },
      refused,
      async closeAnswering() {
        // Who follows a conversation for days holds on to its tenant, and is not to hold on to catalogues.
        backends.clear();
        await answering.release();
      },
      closePassing: passing.release,
      async close() {
        await passing.release();
        await answering.release();
      },
    };
  } catch (failure) {
    await passing.release();
    await answering.release();
    await keeping.release();
    throw saidWhereFrom(failure, config);
  }
}

/** A file that is not there was often left behind when a configuration was copied. */
function saidWhereFrom(failure: unknown, { file }: Config): unknown {
  if (!(failure instanceof Error)) return failure;
  const { cause } = failure;
  if (!(cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')) return failure;
  return new Error(`${failure.message}. Relative paths begin at ${dirname(file)}`, { cause });
}

/** Whether one generation would do all that another one does. */
export function isSame(one: Generation, other: Generation): boolean {
  return isDeepStrictEqual(one.config, other.config) && isDeepStrictEqual(marksOf(one.parts), marksOf(other.parts));
}

const allOf = ({ catalogs, backends, passThrough }: GenerationParts) => [
  ...catalogs.values(),
  ...backends.values(),
  passThrough,
];

const marksOf = (parts: GenerationParts): readonly symbol[] => allOf(parts).map(({ mark }) => mark);

/** Has metrics tell of a generation in place of the one before it. */
export function tellOf({ parts }: Generation, metrics: Metrics, before?: Generation): void {
  for (const [name, part] of before?.parts.backends ?? []) if (parts.backends.get(name) !== part) part.thing.retire();
  for (const name of before?.parts.catalogs.keys() ?? []) if (!parts.catalogs.has(name)) metrics.catalogGone(name);
  for (const [name, { thing }] of parts.catalogs) {
    const { size: products, rejectedCount: rejected, fieldErrors } = thing.catalog;
    metrics.catalogLoaded({ name, products, rejected, fields: fieldErrors.counts, seconds: thing.seconds });
  }
}

function openPassThrough(
  { origins, passthrough, allowedAddresses }: Config,
  before: Generation | undefined,
  make: () => PassThrough,
): Part<PassThrough> {
  const source = [origins, passthrough, allowedAddresses];
  const known = before?.parts.passThrough;
  return known?.isMadeFrom(source) ? known : createPart(make(), { source });
}

/** Holds parts, and lets go of each once. */
function createHolder() {
  const held: Pick<Part<never>, 'hold' | 'release'>[] = [];
  return {
    hold(part: Pick<Part<never>, 'hold' | 'release'>): void {
      part.hold();
      held.push(part);
    },
    /** In reverse order. */
    async release(): Promise<void> {
      for (let part = held.pop(); part !== undefined; part = held.pop()) await part.release();
    },
  };
}
