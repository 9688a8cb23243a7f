import { fail } from './explain-failure.ts';

/** The exit code of a program that was told to end, and then told to do so at once. */
const stoppedAtOnce = 130;

/** The exit code of a program that has failed. */
const failed = 1;

/** How a program ends in good order. */
export interface Shutdown {
  /** Resolves with the exit code. Without a signal it ends by itself, as one that has failed. */
  end(signal?: NodeJS.Signals): Promise<number>;
  /** Called just before it ends at once. */
  abandon?(): void;
}

export interface Signals {
  /** Has the program end so, when it is told to from now on. */
  endBy(ending: Shutdown): void;
  /** Has the program end in good order by itself, with an exit code that tells that it has failed. */
  fail(): void;
}

/**
 * Heeds what tells the program to end, from now on: the first process of a container is not ended by signals that it does not heed.
 * It ends with 0 at once while nothing has begun that has to be ended, and at once when it is told again.
 */
export function heedSignals(): Signals {
  let ending: Shutdown = { end: () => Promise.resolve(0) };
  let isEnding = false;
  const heed = (signal: NodeJS.Signals): void => {
    if (isEnding) {
      ending.abandon?.();
      process.exit(stoppedAtOnce);
    }
    isEnding = true;
    ending.end(signal).then((code) => process.exit(code), fail);
  };
  process.on('SIGTERM', heed);
  process.on('SIGINT', heed);
  return {
    endBy(anew) {
      ending = anew;
    },
    fail() {
      if (isEnding) return;
      isEnding = true;
      ending.end().then(() => process.exit(failed), fail);
    },
  };
}
