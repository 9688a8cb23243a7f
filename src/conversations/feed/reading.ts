import { GatewayError } from '../../errors/index.ts';
import { comparePlaces, type LogPlace } from '../../stores/log.ts';

/** How far this process has read the log. */
export interface Reading {
  /** An entry is read. False if one that was expected before it has not been: it is lost, and others may be with it. */
  advance(place: LogPlace): boolean;
  /** An entry of this process stands in the log; `tellAgain` tells anew what nobody else could if it is lost. */
  expect(place: LogPlace, tellAgain?: () => void): void;
  /** What was expected is so no longer: what of it can be told again is. */
  giveUp(): void;
  /** Resolves when an entry has been read. Throws the signal's reason, and `store-unavailable` if that takes too long. */
  reached(place: LogPlace, signal?: AbortSignal): Promise<void>;
}

interface Expected {
  readonly place: LogPlace;
  readonly tellAgain: (() => void) | undefined;
}

export function createReading(patienceMs: number): Reading {
  let newest: LogPlace = [0, 0];
  let expected: Expected[] = [];
  const waiting = new Set<{ readonly place: LogPlace; readonly resume: () => void }>();
  const isRead = (place: LogPlace) => comparePlaces(place, newest) <= 0;
  return {
    advance(place) {
      newest = place;
      for (const waiter of waiting) if (isRead(waiter.place)) waiter.resume();
      const passed = expected.findIndex((one) => !isRead(one.place));
      const read = expected.splice(0, passed === -1 ? expected.length : passed);
      const lost = read.filter((one) => comparePlaces(one.place, place) !== 0);
      expected.unshift(...lost); // until they are given up
      return lost.length === 0;
    },
    expect(place, tellAgain) {
      if (!isRead(place)) expected.push({ place, tellAgain });
    },
    giveUp() {
      const gone = expected;
      expected = [];
      for (const { tellAgain } of gone) tellAgain?.();
    },
    reached(place, signal) {
      if (isRead(place)) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const settle = (how: () => void): void => {
          waiting.delete(waiter);
          clearTimeout(timer);
          signal?.removeEventListener('abort', abort);
          how();
        };
        const waiter = { place, resume: () => settle(resolve) };
        const abort = (): void => settle(() => reject(signal?.reason as GatewayError)); // by the contract of a call's signal
        const tooLong = () => new GatewayError('store-unavailable', 'What was told is not read: the feed stands still');
        const timer = setTimeout(() => settle(() => reject(tooLong())), patienceMs).unref();
        waiting.add(waiter);
        signal?.addEventListener('abort', abort, { once: true });
        if (signal?.aborted) abort();
      });
    },
  };
}
