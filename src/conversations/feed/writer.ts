import { GatewayError, toGatewayError } from '../../errors/index.ts';
import type { Log, LogPlace } from '../../stores/log.ts';
import { type FeedNote, messageIn, type ProcessNote, type TickNote, topicOf } from './notes.ts';

/** What becomes known of a feed whose log is away. */
export interface FeedWatch {
  /** An event is told late, or only by what is stored. */
  late?(): void;
  /** The log cannot be written. Said once, until it can be again. */
  away?(reason: GatewayError): void;
  back?(): void;
}

export interface WriterOptions {
  readonly process: string;
  readonly watch: FeedWatch;
  readonly retryMs: number;
  /** Called with the place of each note, in their order, and with what tells it again where nothing else would. */
  readonly whenWritten: (place: LogPlace, tellAgain?: () => void) => void;
  /** Called when the log can be written again. */
  readonly whenBack: () => void;
}

/** Writes this process's notes. While the log is away, what is to be told is kept, within bounds, and told when it is back. */
export interface Writer {
  open(log: Log<FeedNote>): void;
  /** Resolves with the place at which the note stands. Throws `store-unavailable`. */
  say(note: ProcessNote): Promise<LogPlace>;
  /** Tells something of a conversation now or later; if `whenUntold` is there, it is called in place of telling it later. */
  tell(conversationId: string, note: TickNote, whenUntold?: () => void): void;
  /** As `tell`, for a note of the process. */
  sayLater(note: ProcessNote): void;
  /** Resolves with the place of the last note that was written so far; `undefined` if there is none. */
  written(): Promise<LogPlace | undefined>;
  close(): void;
}

/** At most so many notes wait for the log; of more, the oldest are forgotten: their followers catch up from the store. */
const maxKept = 10_000;

interface Kept {
  readonly topic: string;
  readonly note: FeedNote;
}

/** The end of a reply that came to nothing: it is not in the store, and who waits for it would wait for ever. */
const isOnlyTold = (note: FeedNote): boolean => messageIn(note)?.sequence === 0;

export function createWriter({ process, watch, retryMs, whenWritten, whenBack }: WriterOptions): Writer {
  let log: Log<FeedNote> | undefined;
  let last: Promise<LogPlace | undefined> = Promise.resolve(undefined);
  let retry: NodeJS.Timeout | undefined;
  let closed = false;
  let kept: Kept[] = [];

  const append = (topic: string, note: FeedNote): Promise<LogPlace> => {
    const appending =
      log === undefined || closed
        ? Promise.reject(new GatewayError('store-unavailable', 'The feed is not open'))
        : log.append(topic, note);
    last = appending;
    return appending;
  };
  const succeed = (place: LogPlace, tellAgain?: () => void): LogPlace => {
    whenWritten(place, tellAgain);
    if (retry !== undefined) goOn();
    return place;
  };
  const fail = (thrown: unknown): GatewayError => {
    const reason = toGatewayError(thrown);
    if (retry === undefined && !closed) {
      watch.away?.(reason);
      wait();
    }
    return reason;
  };
  const say = (note: ProcessNote): Promise<LogPlace> =>
    append(process, note).then(
      (place) => succeed(place),
      (thrown: unknown) => {
        throw fail(thrown);
      },
    );
  const wait = (): void => {
    if (closed) return;
    retry = setTimeout(() => void say({ type: 'mark' }).catch(wait), retryMs).unref();
  };
  const goOn = (): void => {
    clearTimeout(retry);
    retry = undefined;
    watch.back?.();
    const waiting = kept;
    kept = [];
    for (const { topic, note } of waiting) appendLater(topic, note);
    whenBack();
  };
  const appendLater = (topic: string, note: FeedNote, whenUntold = () => keep({ topic, note })): void => {
    const untold = (): void => {
      watch.late?.();
      whenUntold();
    };
    // Nothing overtakes what waits.
    if (retry !== undefined) untold();
    else {
      const tellAgain = isOnlyTold(note) ? () => appendLater(topic, note) : undefined;
      append(topic, note).then(
        (place) => succeed(place, tellAgain),
        (thrown: unknown) => {
          fail(thrown);
          untold();
        },
      );
    }
  };
  const keep = (entry: Kept): void => {
    kept.push(entry);
    if (kept.length > maxKept) kept.shift();
  };

  return {
    open(opened) {
      log = opened;
    },
    say,
    tell: (conversationId, note, whenUntold) => appendLater(topicOf(process, conversationId), note, whenUntold),
    sayLater: (note) => appendLater(process, note),
    written: () => last.catch(() => undefined),
    close() {
      closed = true;
      clearTimeout(retry);
    },
  };
}
