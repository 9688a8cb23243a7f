import { GatewayError } from '../../src/errors/index.ts';
import type { LogEntry, LogPlace, LogReader, OpenLog } from '../../src/stores/log.ts';

/** A log in a test's hands: who has opened it reads when it is told to. */
export interface HandLog {
  readonly length: number;
  /** What is said in it, for a test to look at. */
  readonly entries: readonly { readonly place: LogPlace; readonly topic: string; readonly text: string }[];
  /** Moves its clock on, in milliseconds. */
  pass(ms: number): void;
  /** Forgets its newest entries, as a group of servers may whose master fell. Who has read them has lost its place. */
  forget(count: number): void;
  open(): HandReader;
}

/** One process's side of the log. */
export interface HandReader {
  readonly openLog: OpenLog;
  /** Reads so many entries, or all that there are. */
  read(count?: number): void;
  /** Loses its place, and goes on from the end. */
  lose(): void;
  /** Whether nothing can be appended. */
  isAway: boolean;
  readonly isBehind: boolean;
}

export function createHandLog(): HandLog {
  const entries: { place: LogPlace; topic: string; text: string }[] = [];
  const readers = new Set<{ lose(): void; position(): number }>();
  let time = 1_000_000;
  let count = 0;

  function open(): HandReader {
    let reader: LogReader<never> | undefined;
    let next = 0;
    const hand: HandReader = {
      isAway: false,
      get isBehind() {
        return next < entries.length;
      },
      openLog<Note>(opened: LogReader<Note>) {
        reader = opened;
        hand.read();
        return Promise.resolve({
          append(topic: string, note: Note) {
            if (hand.isAway) return Promise.reject(new GatewayError('store-unavailable', 'The log is away'));
            count += 1;
            const place = [time, count] as const;
            entries.push({ place, topic, text: JSON.stringify(note) });
            return Promise.resolve(place);
          },
          close: () => Promise.resolve(),
        });
      },
      read(most = Number.POSITIVE_INFINITY) {
        for (let left = most; left > 0 && next < entries.length; left -= 1) {
          const entry = entries[next];
          next += 1;
          if (entry !== undefined) reader?.entry(toEntry(entry));
        }
      },
      lose() {
        next = entries.length;
        reader?.lost();
      },
    };
    readers.add({ lose: hand.lose, position: () => next });
    return hand;
  }

  return {
    get length() {
      return entries.length;
    },
    entries,
    pass(ms) {
      time += ms;
    },
    forget(newest) {
      entries.splice(Math.max(0, entries.length - newest));
      // Who has lost its place says something at once.
      const losers = [...readers].filter(({ position }) => position() > entries.length);
      for (const { lose } of losers) lose();
    },
    open,
  };
}

function toEntry({ place, topic, text }: { place: LogPlace; topic: string; text: string }): LogEntry<never> {
  return { place, topic, size: text.length, read: () => JSON.parse(text) as never };
}
