import { Counter, Gauge, type Registry } from 'prom-client';
import { stages } from '../canonical/index.ts';

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
  return {
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
