import type { Config } from '../config/index.ts';
import { createMigrations, type Migrations } from '../migrations/migrations.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Storage } from '../stores/coordination.ts';

export interface MigrationsParts {
  readonly storage: Pick<Storage, 'store'>;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** The one in force. */
  config(): Config;
  /** Told when callers are another side's than before. */
  whenMoved(): void;
}

/** Where the migrations of the configuration in force stand, told in metrics and the log. */
export function openMigrations({ storage, log, metrics, config, whenMoved }: MigrationsParts): Migrations {
  let isAway = false;
  return createMigrations({
    book: storage.store.migrations,
    configs: () => config().migrations,
    stands: (state) => state && metrics.migrations.stage(state.name, state.stage),
    moved({ name, stage, revision }, before) {
      metrics.migrations.stage(name, stage);
      metrics.migrations.ready(name, false);
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
    away(reason) {
      if (!isAway)
        log.warn(
          { reason: reason instanceof Error ? reason.message : String(reason) },
          'migration stages unavailable: the store does not answer',
        );
      isAway = true;
    },
    back() {
      if (isAway) log.info('migration stages available again');
      isAway = false;
    },
  });
}
