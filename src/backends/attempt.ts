import { type ChatEvent, type ChatStream, createReplyGuard } from '../canonical/index.ts';
import type { Timeouts } from '../config/index.ts';
import { type GatewayError, toGatewayError } from '../errors/index.ts';
import { startTimers } from './attempt-timers.ts';
import { createDeferred } from './deferred.ts';
import { noMore, release, type Source, type Step } from './first-content.ts';

/** One time that a backend is asked: its reply, in order, and within its times. */
export interface Attempt extends Source {
  next(): Promise<Step>;
  /** From now on it is the pause between two batches that has a bound. */
  contentCame(): void;
  /** Ends it before its time: who waits for it gets the reason at once, whatever the backend does. Harmless after its end. */
  stop(reason: GatewayError): void;
}

/** How a reply ended, as it says. */
export type ReplyEnd = Extract<ChatEvent, { type: 'reply-end' }>;

export interface AttemptOptions {
  ask(signal: AbortSignal): ChatStream;
  readonly timeouts: Timeouts;
  /** Called once, with what it failed with, or what it took. */
  whenOver(error: GatewayError | undefined, end: ReplyEnd | undefined): void;
}

/**
 * Asks a backend. Written out as an iterator, with one set of functions for all batches: each batch costs one promise of ours, where
 * a generator and a race against the signal would cost six.
 */
export function beginAttempt({ ask, timeouts, whenOver }: AttemptOptions): Attempt {
  const controller = new AbortController();
  const guard = createReplyGuard();
  const waiting = createDeferred<Step>();
  let source: Source | undefined;
  let hasEnded = false;
  let end: ReplyEnd | undefined;
  let outcome: { readonly error: GatewayError | undefined } | undefined;
  const settle = (error?: GatewayError): void => {
    outcome = { error };
    clock.stop();
    whenOver(error, end);
  };
  const stop = (reason: GatewayError): void => {
    if (outcome !== undefined) return;
    settle(hasEnded && reason.code === 'client-closed' ? undefined : reason); // who leaves after the end has heard it all
    controller.abort(reason);
    if (source !== undefined) release(source);
    waiting.reject(reason);
  };
  const clock = startTimers(timeouts, { expire: stop, isWaiting: () => waiting.isPending });
  const fail = (thrown: unknown): void => stop(toGatewayError(thrown));
  const hear = (last: ChatEvent | undefined): void => {
    hasEnded = last?.type === 'reply-end';
    if (last?.type === 'reply-end') end = last;
  };
  const take = (step: Step): void => {
    if (outcome !== undefined) return;
    clock.batchCame();
    try {
      if (step.done) guard.end();
      else guard.check(step.value);
      if (step.done) settle();
      else hear(step.value.at(-1));
      waiting.resolve(step);
    } catch (thrown) {
      fail(thrown);
    }
  };
  return {
    next() {
      if (outcome !== undefined) return outcome.error ? Promise.reject(outcome.error) : Promise.resolve(noMore);
      const step = waiting.begin();
      clock.batchAsked();
      try {
        source ??= ask(controller.signal)[Symbol.asyncIterator]();
        source.next().then(take, fail);
      } catch (thrown) {
        fail(thrown); // an iterator that was written by hand may throw at once
      }
      return step;
    },
    contentCame: clock.contentCame,
    stop,
  };
}
