import { fail } from './explain-failure.ts';

/** The exit code of a program that was told to end, and then told to do so at once. */
const stoppedAtOnce = 130;

/**
 * Has the program end in good order when it is told to, with the exit code that `end` resolves with, and at once when it is told
 * again; `abandon` is called just before that.
 */
export function endWithSignals({
  end,
  abandon = () => undefined,
}: {
  end(signal: NodeJS.Signals): Promise<number>;
  abandon?(): void;
}): void {
  let isEnding = false;
  const heed = (signal: NodeJS.Signals): void => {
    if (isEnding) {
      abandon();
      process.exit(stoppedAtOnce);
    }
    isEnding = true;
    end(signal).then((code) => process.exit(code), fail);
  };
  process.on('SIGTERM', heed);
  process.on('SIGINT', heed);
}
