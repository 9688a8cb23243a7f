import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { type Sides, stages, type Verdict } from '../canonical/index.ts';

/** Labels are names of the configuration, of its tokens and of stages. */
export interface MigrationMetrics {
  /** It stands at this one of all stages. */
  stage(migration: string, stage: string): void;
  /** It stands nowhere any more. */
  gone(migration: string): void;
  turn(migration: string, answeredBy: 'from' | 'to'): void;
  /** A passed turn was not kept: it was too long, or too many waited; could not be read; or the store did not take it. */
  unkept(migration: string, reason: 'bounds' | 'unreadable' | 'store'): void;
  rolledBack(migration: string, by: string): void;
  ready(migration: string, isReady: boolean): void;
  compared(migration: string, verdict: Verdict): void;
  /** A field differed, by its name in the loss table. */
  differed(migration: string, field: string): void;
  /** How long one side took to answer a turn that both were asked. */
  shadowSeconds(migration: string, side: keyof Sides<unknown>, seconds: number): void;
  /**
   * A turn of a dialogue that is shadowed was not asked of the other side: too many waited; the tokens of the day are used up; an earlier turn
   * of it was left out; it could not be asked. Or (`store`) what was compared was not kept.
   */
  shadowSkipped(migration: string, reason: 'full' | 'tokens' | 'context' | 'error' | 'store'): void;
}

/** Counts migrations in a registry, where there are any. */
export function createMigrationMetrics(registry: Registry): MigrationMetrics {
  const registers = [registry];
  const aggregator = 'max'; // each process says the same
  const stage = new Gauge({
    name: 'dragoman_migration_stage',
    help: '1 for the stage at which a migration stands, 0 for the others',
    labelNames: ['migration', 'stage'],
    aggregator,
    registers,
  });
  const ready = new Gauge({
    name: 'dragoman_migration_ready',
    help: '1 if the figures of a migration carry a step forward',
    labelNames: ['migration'],
    aggregator,
    registers,
  });
  const turns = new Counter({
    name: 'dragoman_migration_turns_total',
    help: 'Turns of callers who migrate, by the side that answered',
    labelNames: ['migration', 'answered_by'],
    registers,
  });
  const unkept = new Counter({
    name: 'dragoman_migration_unkept_total',
    help: 'Passed turns of which nothing was kept, by why',
    labelNames: ['migration', 'reason'],
    registers,
  });
  const rollbacks = new Counter({
    name: 'dragoman_migration_rollbacks_total',
    help: 'Times that a migration went back, by the token or what did it by itself',
    labelNames: ['migration', 'by'],
    registers,
  });
  const comparisons = new Counter({
    name: 'dragoman_migration_comparisons_total',
    help: 'Turns that both sides of a migration were asked, by verdict',
    labelNames: ['migration', 'verdict'],
    registers,
  });
  const differences = new Counter({
    name: 'dragoman_migration_differences_total',
    help: 'Fields in which the two sides of a migration differed',
    labelNames: ['migration', 'field'],
    registers,
  });
  const seconds = new Histogram({
    name: 'dragoman_shadow_seconds',
    help: 'How long each side took to answer the turns that both were asked',
    labelNames: ['migration', 'side'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers,
  });
  const skipped = new Counter({
    name: 'dragoman_shadow_skipped_total',
    help: 'Turns of shadowed dialogues that the other side was not asked, or that are not kept, by why',
    labelNames: ['migration', 'reason'],
    registers,
  });
  return {
    compared: (migration, verdict) => comparisons.labels(migration, verdict).inc(),
    differed: (migration, field) => differences.labels(migration, field).inc(),
    shadowSeconds: (migration, side, took) => seconds.labels(migration, side).observe(took),
    shadowSkipped: (migration, reason) => skipped.labels(migration, reason).inc(),
    stage(migration, current) {
      for (const name of stages) stage.labels(migration, name).set(name === current ? 1 : 0);
    },
    gone(migration) {
      for (const name of stages) stage.remove(migration, name);
      ready.remove(migration);
    },
    turn: (migration, answeredBy) => turns.labels(migration, answeredBy).inc(),
    unkept: (migration, reason) => unkept.labels(migration, reason).inc(),
    rolledBack: (migration, by) => rollbacks.labels(migration, by).inc(),
    ready: (migration, isReady) => ready.labels(migration).set(isReady ? 1 : 0),
  };
}
