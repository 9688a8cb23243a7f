import type { Lines } from '../lines.ts';

/** Lines of this process alone. */
export function createLocalLines(): Lines {
  const last = new Map<string, Promise<void>>();
  return {
    async enter(name, signal) {
      const before = last.get(name);
      let leave = (): void => undefined;
      const left = new Promise<void>((resolve) => {
        leave = resolve;
      });
      // Who gives up waiting leaves its place, and not the place of the one before it.
      const mine = before === undefined ? left : Promise.all([before, left]).then(() => undefined);
      last.set(name, mine);
      void mine.then(() => {
        if (last.get(name) === mine) last.delete(name);
      });
      try {
        await unlessAborted(before, signal);
      } catch (reason) {
        leave();
        throw reason;
      }
      return () => {
        leave();
        return Promise.resolve();
      };
    },
  };
}

function unlessAborted(before: Promise<void> | undefined, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error); // a `GatewayError`, by the contract of a call's signal
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    const enter = (): void => {
      signal.removeEventListener('abort', abort);
      resolve();
    };
    if (before === undefined) enter();
    else void before.then(enter);
  });
}
