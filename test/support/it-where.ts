import { it } from 'vitest';

/** `it` where the case exists; where it does not (an upstream without streams, say) there is nothing to be left out. */
export function itWhere(exists: boolean): (title: string, run: () => Promise<void> | void, timeoutMs?: number) => void {
  return (title, run, timeoutMs) => {
    if (exists) it(title, run, timeoutMs);
  };
}
