import { GatewayError } from '../errors/index.ts';

export interface Patience {
  readonly signal: AbortSignal;
  /** How long to wait at most. */
  readonly waitMs: number;
}

/** Lets the turns of one conversation pass one after the other. */
export interface TurnsInOrder {
  /**
   * Resolves when every earlier turn has left, with the call by which this one leaves. Throws the signal's reason, and
   * `rate-limited` when the time is up.
   */
  enter(conversationId: string, patience: Patience): Promise<() => void>;
}

/** No turns at first. */
export function createTurnsInOrder(): TurnsInOrder {
  const last = new Map<string, Promise<void>>();
  return {
    async enter(conversationId, patience) {
      const before = last.get(conversationId);
      let leave = (): void => undefined;
      const left = new Promise<void>((resolve) => {
        leave = resolve;
      });
      // Who gives up waiting leaves its place, and not the place of the one before it.
      const mine = before === undefined ? left : Promise.all([before, left]).then(() => undefined);
      last.set(conversationId, mine);
      void mine.then(() => {
        if (last.get(conversationId) === mine) last.delete(conversationId);
      });
      if (before === undefined) return leave;
      try {
        await within(before, patience);
      } catch (reason) {
        leave();
        throw reason;
      }
      return leave;
    },
  };
}

/** Whoever says more at once than can be answered is told so: it is no fault of who answers. */
export const tooManyTurns = (): GatewayError =>
  new GatewayError('rate-limited', 'Earlier messages of this conversation are being answered still');

function within(promise: Promise<void>, { signal, waitMs }: Patience): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = Number.isFinite(waitMs) ? setTimeout(() => settle(() => reject(tooManyTurns())), waitMs) : undefined;
    const abort = (): void => settle(() => reject(signal.reason as GatewayError)); // by the contract of a call's signal
    const settle = (how: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      how();
    };
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    void promise.then(() => settle(resolve));
  });
}
