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
