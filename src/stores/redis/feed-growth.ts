import type { GrowingRecord, Grown, Step } from '../feed-records.ts';
import { type Connection, toStoreError } from './connection.ts';
import type { Keys } from './keys.ts';
import { rowsOf } from './record.ts';

/** What one reply is to gain. */
interface Growing {
  readonly rows: readonly string[];
  readonly values: readonly (string | number)[];
  /** In UTF-16 units. */
  readonly size: number;
  settle(grown: Grown): void;
  fail(reason: unknown): void;
}

/** So many replies, and so much text, go with one script, for which others in Redis wait: what is more goes with further ones at once. */
const mostReplies = 200;
const mostText = 1_048_576;
/** So long after a script what is to be written is gathered for the next one, in milliseconds. */
const gatherMs = 5;
/** A reply is written once in this time, or in so many times what a write takes, up to the most; in milliseconds. */
const pace = { leastMs: 100, writes: 4, mostMs: 1_000 };

interface GrowthOptions extends Pick<Connection, 'run'> {
  readonly keys: Keys;
  readonly isCluster: boolean;
  readonly leaseMs: () => number;
}

/**
 * Writes what replies gain: with one script for all of a process, one after the other, or in a Cluster, where a script reaches one slot, with one
 * for each. So it is written more seldom, and more at once, the longer Redis or this process takes.
 */
export function createGrowth({ run, keys, leaseMs, isCluster }: GrowthOptions) {
  const due: Growing[] = [];
  let isBusy = false;
  let tookMs = 0;

  async function send(batch: readonly Growing[]): Promise<void> {
    const beganAt = performance.now();
    const rows = batch.flatMap((one) => one.rows);
    try {
      const values = batch.flatMap((one) => one.values);
      const said = await run('growReplies', [String(rows.length), ...rows], leaseMs(), ...values);
      for (const [index, { settle, fail }] of batch.entries()) {
        const what = said[index] ?? 'error';
        if (what.startsWith('error')) fail(toStoreError(new Error(what)));
        else settle(what as Grown); // what else the script returns
      }
    } catch (thrown) {
      for (const { fail } of batch) fail(thrown);
    }
    // One that took long for once changes little.
    tookMs += (performance.now() - beganAt - tookMs) / 4;
  }
  function takeDue(): readonly Growing[] {
    let text = 0;
    const many = due.findIndex(({ size }, index) => index === mostReplies || (text += size) > mostText);
    return due.splice(0, many === -1 ? due.length : Math.max(many, 1));
  }
  async function sendDue(): Promise<void> {
    const sending: Promise<void>[] = [];
    while (due.length > 0) sending.push(send(takeDue()));
    await Promise.all(sending);
    setTimeout(goOn, gatherMs);
  }
  function goOn(): void {
    isBusy = due.length > 0;
    if (isBusy) void sendDue();
  }

  return {
    paceMs: () => Math.min(Math.max(pace.leastMs, pace.writes * tookMs), pace.mostMs),
    grow({ conversationId, replyId, createdAt, token, isNew }: GrowingRecord, count: number, steps: readonly Step[]) {
      const [record, , , , once, , replies, mark] = rowsOf({ keys }, conversationId);
      const texts = steps.map((step) => JSON.stringify(step));
      return new Promise<Grown>((settle, fail) => {
        const values = [replyId, token, createdAt, count, texts.length, ...texts];
        const size = texts.reduce((sum, { length }) => sum + length, 0);
        const one = { rows: [record, once, replies, mark], values, size, settle, fail };
        // A reply that has a record when it is stored is told step by step: the record does not wait.
        if (isCluster || isNew) {
          void send([one]);
          return;
        }
        due.push(one);
        if (isBusy) return;
        isBusy = true;
        setImmediate(goOn);
      });
    },
  };
}
