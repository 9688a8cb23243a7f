import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen, type IBackoff } from 'cockatiel';
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
}

/** What became of a trial that told nothing: its client left. */
const cutShort = new Error('The trial was cut short');

/** How long the backend is left alone: not at all, where the trial told nothing. */
function restAfter(restMs: number, { result }: { readonly result: object }): IBackoff<{ readonly result: object }> {
  const isTold = !('error' in result && result.error === cutShort);
  return { duration: isTold ? restMs : 0, next: (context) => restAfter(restMs, context) };
}

/**
 * Leaves a backend alone for `restMs` after so many failures one after the other, then tries it with one reply at a time. What says
 * nothing about the backend, a client that left among it, counts neither way.
 */
export function createBreaker(
  { failures, restMs }: NonNullable<GuardsConfig['breaker']>,
  watch: Pick<BackendWatch, 'breakerOpened' | 'breakerClosed' | 'refused'>,
): Breaker {
  let restsUntil = 0;
  const policy = circuitBreaker(
    handleWhen((error) => error === cutShort || counts(error)),
    {
      halfOpenAfter: { next: (context) => restAfter(restMs, context) },
      breaker: new ConsecutiveBreaker(failures),
    },
  );
  policy.onBreak((reason) => {
    if ('error' in reason && reason.error === cutShort) return;
    restsUntil = Date.now() + restMs;
    watch.breakerOpened({ restMs });
  });
  policy.onReset(watch.breakerClosed);
  const isOnTrial = (): boolean => policy.state === CircuitState.HalfOpen;
  const refused = (): GatewayError => {
    watch.refused('breaker');
    const retryAfterMs = Math.max(restsUntil - Date.now(), 1_000);
    return new GatewayError('upstream-unavailable', 'The backend is left alone after its failures', { retryAfterMs });
  };
  return {
    admit() {
      if (isOnTrial()) throw refused(); // cockatiel would have it wait for the trial
      const reply: { resolve?: () => void; reject?: (error: Error) => void } = {};
      const outcome = policy.execute(
        () => new Promise<void>((resolve, reject) => Object.assign(reply, { resolve, reject })),
      );
      outcome.catch(() => undefined); // its reader was told already
      const { resolve, reject } = reply;
      if (resolve === undefined || reject === undefined) throw refused();
      const isTrial = isOnTrial();
      return {
        contentCame: () => isTrial && resolve(),
        over(error) {
          if (error === undefined) resolve();
          else reject(isTrial && error.code === 'client-closed' ? cutShort : error);
        },
      };
    },
  };
}

const counts = (error: unknown): boolean => error instanceof GatewayError && consequences[error.code].breaks;
