/** One reader's waits, one after the other, with one set of functions for all of them. */
export interface Deferred<T> {
  /** Whether anybody waits. */
  readonly isPending: boolean;
  begin(): Promise<T>;
  /** Ends the wait, if there is one. */
  resolve(value: T): void;
  reject(error: Error): void;
}

/** Nobody waits at first. */
export function createDeferred<T>(): Deferred<T> {
  let resolve: ((value: T) => void) | undefined;
  let reject: ((error: Error) => void) | undefined;
  const arm = (resolveWait: (value: T) => void, rejectWait: (error: Error) => void): void => {
    resolve = resolveWait;
    reject = rejectWait;
  };
  const disarm = (): void => {
    resolve = undefined;
    reject = undefined;
  };
  return {
    get isPending() {
      return resolve !== undefined;
    },
    begin: () => new Promise(arm),
    resolve(value) {
      const settle = resolve;
      disarm();
      settle?.(value);
    },
    reject(error) {
      const settle = reject;
      disarm();
      settle?.(error);
    },
  };
}
