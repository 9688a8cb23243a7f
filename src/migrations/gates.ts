import { type MigrationState, type Stage, stages } from '../canonical/index.ts';
import type { Readiness } from '../comparing/index.ts';
import { showShare } from '../config/index.ts';

/** Where a migration is to stand. */
export interface WantedStage {
  readonly stage: Stage;
  /** 0 to 1. */
  readonly canary: number;
}

export const orderOf = (stage: Stage): number => stages.indexOf(stage);

/** Where more conversations are the new side's than before: these steps want figures. */
const carriedByFigures: ReadonlySet<Stage> = new Set(['canary', 'cutover']);

/** Why a step may not be taken without force; `undefined` where it may. Back is always open, as is the first step forward. */
export function refusalOf(
  current: Pick<MigrationState, 'stage'> & WantedStage,
  wanted: WantedStage,
  { ready, reasons }: Readiness,
): string | undefined {
  const steps = orderOf(wanted.stage) - orderOf(current.stage);
  if (steps > 1)
    return `${stages.slice(orderOf(current.stage) + 1, orderOf(wanted.stage)).join(' and ')} would be skipped`;
  const isMore = steps > 0 || (steps === 0 && wanted.stage === 'canary' && wanted.canary > current.canary);
  if (!isMore || !carriedByFigures.has(wanted.stage) || ready === 'yes') return undefined;
  const step = steps > 0 ? wanted.stage : `${showShare(wanted.canary)} in ${wanted.stage}`;
  return `the figures do not carry ${step}: ${reasons.join('; ')}`;
}

/** How the last so many turns of one thing ended. */
export interface LastTurns {
  /** Adds one; tells how many of the last ones failed. */
  add(isFailed: boolean): number;
}

/** Of `of` turns at most, of which none is known yet. */
export function createLastTurns(of: number): LastTurns {
  const failures: boolean[] = [];
  let failed = 0;
  return {
    add(isFailed) {
      failures.push(isFailed);
      if (isFailed) failed += 1;
      if (failures.length > of && failures.shift() === true) failed -= 1;
      return failed;
    },
  };
}
