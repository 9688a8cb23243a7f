import type { BreakerState } from '../canonical/index.ts';
import type { GuardsConfig } from '../config/index.ts';
import { GatewayError } from '../errors/index.ts';
import { consequences } from './failures.ts';
import type { BackendWatch } from './watch.ts';

/** A reply that a breaker let through. */
export interface Admission {
  /** Its first content has come: enough of a trial, which may go on for minutes. */
  contentCame(): void;
  /** Says what came of it. Only the first word counts. */
  over(error?: GatewayError): void;
}

export interface Breaker {
  /** Throws `upstream-unavailable`, with the time to wait, while the backend is left alone. */
  admit(): Admission;
  state(): BreakerState;
}

/**
 * Leaves a backend alone for `restMs` after so many failures one after the other, then tries it with one reply at a time. What says
 * nothing about the backend, a client that left among it, counts neither way.
 */
export function createBreaker(
  { failures, restMs }: NonNullable<GuardsConfig['breaker']>,
  watch: Pick<BackendWatch, 'breakerOpened' | 'breakerClosed' | 'refused'>,
): Breaker {
  let inARow = 0;
  /** Until when nobody is let through, in milliseconds since the epoch; `undefined` while the breaker is closed. */
  let openUntil: number | undefined;
  let isOnTrial = false;

  const open = (): void => {
    openUntil = Date.now() + restMs;
    watch.breakerOpened({ restMs });
  };
  const close = (): void => {
    inARow = 0;
    openUntil = undefined;
    watch.breakerClosed();
  };
  const refused = (until: number): GatewayError => {
    watch.refused('breaker');
    const retryAfterMs = Math.max(until - Date.now(), 1_000);
    return new GatewayError('upstream-unavailable', 'The backend is left alone after its failures', { retryAfterMs });
  };
  /** What was admitted before the breaker opened says nothing of the backend as it is now. */
  const usual: Admission = {
    contentCame: () => undefined,
    over(error) {
      if (openUntil !== undefined) return;
      if (error === undefined) inARow = 0;
      else if (counts(error)) inARow += 1;
      if (inARow >= failures) open();
    },
  };
  const beginTrial = (): Admission => {
    isOnTrial = true;
    let isTold = false;
    const end = (error?: GatewayError): void => {
      if (isTold) return;
      isTold = true;
      isOnTrial = false;
      if (error === undefined) close();
      else if (counts(error)) open();
      // One whose client has left has told nothing: the next one is the trial.
      else if (error.code !== 'client-closed') close();
    };
    return { contentCame: () => end(), over: end };
  };
  return {
    admit() {
      if (openUntil === undefined) return usual;
      if (isOnTrial || Date.now() < openUntil) throw refused(openUntil);
      return beginTrial();
    },
    state() {
      if (openUntil === undefined) return 'closed';
      return isOnTrial || Date.now() >= openUntil ? 'half-open' : 'open';
    },
  };
}

const counts = ({ code }: GatewayError): boolean => consequences[code].breaks;
