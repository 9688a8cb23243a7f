import type { Backend } from '../backends/backend.ts';
import type { Config } from '../config/index.ts';
import type { Services } from '../conversations/services.ts';
import { createShadows, type Shadows } from '../conversations/shadows/shadows.ts';
import { type Comparisons, createComparisons } from '../migrations/comparisons.ts';
import { countOf, readinessOfFigures } from '../migrations/figures.ts';
import { createMigrations, type Migrations } from '../migrations/migrations.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Storage } from '../stores/coordination.ts';
import type { Opened } from './closing.ts';

/** What was compared, once it is opened: the store tells of what it deletes before. */
export interface KeptComparisons {
  comparisons?: Comparisons;
}

export interface MigrationsParts {
  readonly storage: Pick<Storage, 'store'>;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** What is closed with the gateway. */
  readonly opened: Opened[];
  readonly kept: KeptComparisons;
  /** The one in force. */
  config(): Config;
  /** Told when callers are another side's than before. */
  whenMoved(): void;
}

/** Where callers move, and what was compared of that. */
export type Moving = Pick<Services, 'migrations' | 'comparisons'>;

/** Where the migrations of the configuration in force stand, and what is compared of them, told in metrics and the log. */
export function openMigrations(parts: MigrationsParts): Moving {
  const { metrics, opened, kept } = parts;
  const comparisons = openComparisons(parts);
  kept.comparisons = comparisons;
  opened.push(['what was compared', comparisons]);
  const migrations = openStages(parts, comparisons);
  opened.push(['the look at migrations', migrations]);
  return {
    comparisons,
    migrations: {
      ...migrations,
      turn(config, answeredBy) {
        metrics.migrations.turn(config.name, answeredBy);
        comparisons.count(config, oneTurn);
      },
    },
  };
}

const oneTurn = { [countOf.turn('send-message')]: 1 };

interface ShadowParts extends Pick<MigrationsParts, 'metrics' | 'opened'> {
  readonly storage: Pick<Storage, 'counters'>;
  readonly moving: Moving;
}

/** Who is asked beside who answers clients, of the backends that there are now. */
export function openShadows(parts: ShadowParts, backends: () => ReadonlyMap<string, Backend>): Shadows {
  const { storage, metrics, opened, moving } = parts;
  const settings = { comparisons: moving.comparisons, counters: storage.counters, metrics: metrics.migrations };
  const shadows = createShadows({ ...settings, backends });
  opened.push(['what is asked beside clients', shadows]);
  return shadows;
}

function openComparisons({ storage, log, metrics, config }: MigrationsParts): Comparisons {
  return createComparisons({
    book: storage.store.comparisons,
    configs: () => config().migrations,
    known: (one, figures) => metrics.migrations.ready(one.name, readinessOfFigures(figures, one).ready === 'yes'),
    dropped: (name) => metrics.migrations.shadowSkipped(name, 'store'),
    ...tellOfOutages(log, 'comparisons'),
  });
}

/** Tells of the beginning and the end of each outage of the store. */
function tellOfOutages(log: Logger, what: string) {
  let isAway = false;
  return {
    away(reason: unknown): void {
      const told = { reason: reason instanceof Error ? reason.message : String(reason) };
      if (!isAway) log.warn(told, `${what} unavailable: the store does not answer`);
      isAway = true;
    },
    back(): void {
      if (isAway) log.info(`${what} available again`);
      isAway = false;
    },
  };
}

function openStages(
  { storage, log, metrics, config, whenMoved }: MigrationsParts,
  comparisons: Comparisons,
): Migrations {
  return createMigrations({
    book: storage.store.migrations,
    readiness: async (one) => readinessOfFigures(await comparisons.figures(one), one),
    configs: () => config().migrations,
    stands: (state) => state && metrics.migrations.stage(state.name, state.stage),
    moved({ name, stage, revision }, before) {
      metrics.migrations.stage(name, stage);
      if (before === undefined) metrics.migrations.ready(name, false);
      const change = { migration: name, stage, before: before?.stage, revision };
      if (before?.stage !== stage)
        log.info(change, before === undefined ? 'migration stage loaded' : 'migration stage changed');
      if (before !== undefined) whenMoved();
    },
    gone: metrics.migrations.gone,
    wentBack(migration, by, why) {
      metrics.migrations.rolledBack(migration, by);
      log.warn({ migration, by, why }, 'migration rolled back');
    },
    ...tellOfOutages(log, 'migration stages'),
  });
}
