import type { Backend } from '../backends/backend.ts';
import type { ChatStream } from '../canonical/index.ts';
import { type AskedTurn, answerTurn } from './answer-turn.ts';
import type { Caller } from './caller.ts';
import type { Services } from './services.ts';

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
  const leave = await services.running.turns.enter(id, { signal: caller.call.signal, waitMs });
  try {
    // The turns before it may have begun the conversation elsewhere, since this one was taken in.
    const conversation = (await services.store.conversation(id)) ?? asked.conversation;
    yield* answerTurn(services, { ...asked, conversation }, backend, caller);
  } finally {
    leave();
  }
}
