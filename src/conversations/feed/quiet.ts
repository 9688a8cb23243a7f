import type { Channel } from './channel.ts';

/**
 * Resolves at the channel's next note, at its end, when the signal aborts, or when none of that came within the time (milliseconds): true
 * then. Not by `AbortSignal.any` of a timeout: Node 20 forgets it when it collects garbage, and who waits would wait for ever
 * (nodejs/node#57736).
 */
export async function isQuietFor(channel: Channel, milliseconds: number, signal: AbortSignal): Promise<boolean> {
  const enough = new AbortController();
  const stop = (): void => enough.abort();
  let isQuiet = false;
  const timer = setTimeout(() => {
    isQuiet = true;
    stop();
  }, milliseconds);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    await channel.next(enough.signal);
    return isQuiet;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}
