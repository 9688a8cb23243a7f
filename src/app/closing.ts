import { createRunningReplies, type RunningReplies } from '../conversations/running-replies.ts';
import type { Lifetime, Termination } from '../http/lifetime.ts';
import type { Logger } from '../observability/log.ts';

/** Something that is closed with the gateway, and what people call it. */
export type Opened = readonly [what: string, resource: { close?(): Promise<void> }];

/**
 * Closes all, the last one first. One that cannot be closed keeps none of the others open, nor does one that has not closed within the
 * time (milliseconds): it is told, and left. Rejects with the first failure, when all the others are closed.
 */
export async function closeAll(
  opened: readonly Opened[],
  { log, withinMs }: { readonly log: Logger; readonly withinMs: number },
): Promise<void> {
  const failures: unknown[] = [];
  for (const [what, resource] of opened.toReversed()) {
    const closing = (resource.close?.() ?? Promise.resolve()).catch((failure: unknown) => void failures.push(failure));
    const isClosed = await within(
      closing.then(() => true),
      withinMs,
    );
    if (!isClosed) log.warn({ what, withinMs }, 'shutdown timed out: resources left open');
  }
  if (failures.length > 0) throw failures[0];
}

/** Who cuts off its readers cuts a reply off. */
const endsWithReaders: Termination = { stop: () => undefined, drop: () => undefined };

/** Replies that are waited for at the end: one that others may join outlives the call that asked for it. */
export function lastingReplies(lifetime: Lifetime): RunningReplies {
  return { ...createRunningReplies(), begin: () => lifetime.replies.begin(endsWithReaders) };
}

/** What a promise resolves with; `undefined` if it has not done so within the time (milliseconds). */
export async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
