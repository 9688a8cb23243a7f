import { createAnswerTimeout, NoAnswer } from './answer-timeout.ts';

/** What Redis is asked, and what is said in its place. */
export interface InsuredQuestion<T> {
  /** The row that it is about. */
  readonly row: string;
  ask(): Promise<T>;
  /** What this process says by itself. */
  instead(): T | Promise<T>;
  /** Told what Redis said after all, when nobody waited for it any more. */
  late?(answer: T): void;
}

/** What becomes known of Redis by asking it. */
export interface InsuranceEvents {
  /** It does not answer: from now on this process counts by itself. */
  whenAway(reason: Error): void;
  /** It answers again, for all rows that it did not. */
  whenBack(): void;
  /** Something was counted by this process alone. */
  whenInsured(): void;
}

/** Answers for a Redis that does not. */
export interface Insurance {
  /** Redis's answer, or the one in its place. Rejects if that one does. */
  ask<T>(question: InsuredQuestion<T>): Promise<T>;
  /** Tells it that Redis refused, or could not be reached, when it was not asked through this. */
  miss(row: string, reason: unknown): void;
  /** Redis does not say anything: nothing is to be asked until it is back. */
  readonly hangs: boolean;
  close(): void;
}

export interface InsuranceOptions {
  /** Changes nothing in the place of a row: succeeds if what changes the row would. */
  look(row: string): Promise<unknown>;
  readonly events: InsuranceEvents;
}

/** Between two looks at whether Redis is back, in milliseconds. Our choice. */
const lookEveryMs = 250;
/** So many rows are looked at, each for the node of a Cluster that has it. Our choice. */
const mostMissed = 32;

/**
 * A Redis that refuses, or cannot be reached, says so at once, and is asked again by the next call: of a Cluster the rest may be there.
 * One that does not say anything is asked nothing more until it is seen to be back, so that callers do not wait one after the other.
 * The library's own insurance has no such rest, and tells nobody when it takes over.
 */
export function createInsurance({ look, events }: InsuranceOptions): Insurance {
  const patience = createAnswerTimeout();
  const missed = new Set<string>();
  let isAway = false;
  let hangs = false;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const lookLater = (): void => {
    timer = setTimeout(() => void lookAgain(), lookEveryMs).unref();
  };
  async function lookAgain(): Promise<void> {
    const looks = [...missed].map(async (row) => {
      await patience.await(look(row));
      missed.delete(row);
    });
    await Promise.allSettled(looks);
    if (closed) return;
    if (missed.size > 0) {
      lookLater();
      return;
    }
    isAway = false;
    hangs = false;
    events.whenBack();
  }
  function miss(row: string, reason: unknown): void {
    if (closed) return;
    if (!isAway) {
      isAway = true;
      events.whenAway(reason instanceof Error ? reason : new Error(String(reason)));
      lookLater();
    }
    if (missed.size < mostMissed) missed.add(row);
    if (reason instanceof NoAnswer) hangs = true;
  }

  return {
    ask({ row, ask, instead, late }) {
      const insured = () => {
        events.whenInsured();
        return instead();
      };
      if (hangs) return Promise.resolve().then(insured);
      return patience.await(ask(), late).then(undefined, (reason: unknown) => {
        miss(row, reason);
        return insured();
      });
    },
    miss,
    get hangs() {
      return hangs;
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
