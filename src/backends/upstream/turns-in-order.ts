import type { GatewayError } from '../../errors/index.ts';

/** Lets the turns of one conversation pass one after the other. */
export interface TurnsInOrder {
  /** Resolves when every earlier turn has left, with the call by which this one leaves. Throws the signal's reason. */
  enter(conversationId: string, signal: AbortSignal): Promise<() => void>;
}

/** For wires whose followers hear every reply of a conversation: with one turn at a time, the reply that begins is the turn's own. */
export function createTurnsInOrder(): TurnsInOrder {
  const last = new Map<string, Promise<void>>();
  return {
    async enter(conversationId, signal) {
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
        await orAborted(before, signal);
      } catch (reason) {
        leave();
        throw reason;
      }
      return leave;
    },
  };
}

function orAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as GatewayError); // by the contract of a call's signal
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    void promise.then(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
  });
}
