import type { Backend } from '../backends/backend.ts';
import type { ChatStream } from '../canonical/index.ts';
import { GatewayError, toGatewayError } from '../errors/index.ts';
import type { AskedTurn } from './answer-context.ts';
import { answerTurn } from './answer-turn.ts';
import type { Caller } from './caller.ts';
import type { Services } from './services.ts';

/** As `answerTurn`, once the earlier turns of the conversation have ended, where the backend wants them one after the other. */
export function answerInOrder(services: Services, asked: AskedTurn, backend: Backend, caller: Caller): ChatStream {
  const waitMs = backend.waits?.(asked.conversation, asked.turn);
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
    leave = await enterTurn(services, id, { signal: caller.call.signal, waitMs });
    // The turns before it may have begun the conversation elsewhere, since this one was taken in.
    const conversation = (await services.store.conversation(id)) ?? asked.conversation;
    yield* answerTurn(services, { ...asked, conversation }, backend, caller);
  } finally {
    await leave();
    waiting.end();
  }
}

interface TurnDeadline {
  readonly signal: AbortSignal;
  /** How long to wait at most, in milliseconds. */
  readonly waitMs: number;
}

/** Waits for the earlier turns of the conversation, in all processes. Whoever says more at once than can be answered is told so. */
async function enterTurn(
  { lines, turnWaiting }: Services,
  id: string,
  { signal, waitMs }: TurnDeadline,
): Promise<() => Promise<void>> {
  const giving = new AbortController();
  const giveUp = (): void => giving.abort(signal.aborted ? toGatewayError(signal.reason) : tooManyTurns());
  const timer = Number.isFinite(waitMs) ? setTimeout(giveUp, waitMs) : undefined;
  signal.addEventListener('abort', giveUp, { once: true });
  if (signal.aborted) giveUp();
  turnWaiting(1);
  try {
    return await lines.acquire(`turns ${id}`, giving.signal);
  } finally {
    turnWaiting(-1);
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
  }
}

/** It is no fault of who answers. */
const tooManyTurns = (): GatewayError =>
  new GatewayError('rate-limited', 'Earlier messages of this conversation are being answered still');
