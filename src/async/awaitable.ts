/** A value that is there, or will be. Who has to wait for it looks, for waiting costs a turn and several objects. */
export type Awaitable<T> = T | Promise<T>;

/** What `use` makes of a value: at once where it is there. */
export const whenReady = <T, R>(value: Awaitable<T>, use: (value: T) => Awaitable<R>): Awaitable<R> =>
  value instanceof Promise ? value.then(use) : use(value);

/** What is asked for ahead, and may come to be waited for by nobody: a failure is told to who does. */
export function early<T>(value: Awaitable<T>): Awaitable<T> {
  if (value instanceof Promise) value.catch(() => undefined); // as above
  return value;
}
