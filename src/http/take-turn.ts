import type { InputOf } from '../canonical/index.ts';
import { handlers } from '../conversations/handlers.ts';
import { GatewayError, toGatewayError } from '../errors/index.ts';
import { admit } from './admit.ts';
import type { Gateway } from './gateway.ts';
import { beginCall, endCall, type GatewayCall } from './http-call.ts';
import type { OpenSocket } from './serve-socket.ts';

interface Frame {
  readonly text: string;
  /** The socket's own call. */
  readonly entry: GatewayCall;
  readonly input: InputOf<'follow-conversation'>;
}

/**
 * Takes one frame for a visitor's turn and has it answered; what is answered goes out with the conversation's feed, to every
 * socket on it. A frame that cannot be taken is told to its sender alone. Never rejects.
 */
export async function takeTurn(gateway: Gateway, open: OpenSocket, { text, entry, input }: Frame): Promise<void> {
  const { dialect, endpoint, socket, wire, address } = open;
  const begun = beginCall({ dialect, operation: 'send-message', address, carrier: 'socket' }, entry.call.signal);
  begun.exchange = { ...begun.exchange, conversationId: input.conversationId };
  let answering = false;
  try {
    const turn = endpoint.inbound.decode(text, begun.exchange);
    if (turn === undefined) return;
    // Keys are withdrawn and limits reached while a socket is open: each turn is a call of its own.
    const { caller } = await admit(gateway, begun, wire);
    if (!('tenant' in caller)) throw new GatewayError('forbidden', 'An operator has no turns of their own');
    const asked = {
      ...turn,
      conversationId: input.conversationId,
      participant: { ...input.participant, ...turn.participant },
    };
    const { stream, backend } = await handlers['send-message'](gateway.services, asked, caller);
    begun.backend = backend ?? 'none';
    answering = true;
    for await (const _batch of stream); // the feed carries what it says
  } catch (thrown) {
    const error = toGatewayError(entry.call.signal.aborted ? entry.call.signal.reason : thrown);
    begun.error = error;
    // A reply that broke off was told to all by the feed.
    if (!answering)
      for (const { data } of endpoint.events.failure(error, begun.exchange)) socket.send(data, () => undefined);
  } finally {
    endCall(gateway, begun);
  }
}
