import { setTimeout as wait } from 'node:timers/promises';
import type { Backend } from '../backends/backend.ts';
import type { ChatStream } from '../canonical/index.ts';
import { toGatewayError } from '../errors/index.ts';
import { type AskedTurn, answerTurn } from './answer-turn.ts';
import type { Caller } from './caller.ts';
import type { Services } from './services.ts';
import { type Patience, tooManyTurns } from './turns-in-order.ts';

/** How often turns of other processes are asked after, in milliseconds. */
const askAgainMs = 100;

/** As `answerTurn`, once the earlier turns of the conversation have ended, where the backend wants them one after the other. */
export function answerInOrder(services: Services, asked: AskedTurn, backend: Backend, caller: Caller): ChatStream {
  const waitMs = backend.waits?.(asked.conversation);
  return waitMs === undefined
    ? answerTurn(services, asked, backend, caller)
    : answerAfterOthers(services, asked, backend, { caller, waitMs });
}

async function* answerAfterOthers(
  services: Services,
  asked: AskedTurn,
  backend: Backend,
  { caller, waitMs }: { readonly caller: Caller; readonly waitMs: number },
): ChatStream {
  const { id } = asked.conversation;
  // One whose client leaves may be wanted all the same: it counts as running while it waits.
  const waiting = services.running.begin();
  let leave = (): Promise<void> => Promise.resolve();
  try {
    leave = await enterTurn(services, { id, holder: caller.replyId }, { signal: caller.call.signal, waitMs });
    // The turns before it may have begun the conversation elsewhere, since this one was taken in.
    const conversation = (await services.store.conversation(id)) ?? asked.conversation;
    yield* answerTurn(services, { ...asked, conversation }, backend, caller);
  } finally {
    await leave();
    waiting.end();
  }
}

interface Entering {
  readonly id: string;
  readonly holder: string;
}

/**
 * Waits for the earlier turns of the conversation in this process, and for one of another process that is being answered. Which process
 * is next is anybody's guess: turns that are sent to several at once have no order.
 */
async function enterTurn(
  { running, leases }: Services,
  { id, holder }: Entering,
  { signal, waitMs }: Patience,
): Promise<() => Promise<void>> {
  const startedAt = performance.now();
  const leave = await running.turns.enter(id, { signal, waitMs });
  try {
    for (;;) {
      const taken = await leases.take(`order ${id}`, holder);
      if ('lease' in taken) {
        return async () => {
          await taken.lease.release();
          leave();
        };
      }
      if (performance.now() - startedAt > waitMs) throw tooManyTurns();
      await wait(askAgainMs, undefined, { signal });
    }
  } catch (thrown) {
    leave();
    throw signal.aborted ? toGatewayError(signal.reason) : thrown;
  }
}
