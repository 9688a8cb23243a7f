import { type ChatEvent, unfoldReply } from '../../src/canonical/index.ts';
import type { EventCodec, Exchange } from '../../src/dialects/dialect.ts';
import { encodeEvents } from '../support/streams.ts';

/**
 * What ends a stream of this dialect without saying anything: the one kind of message that is no JSON. Most dialects have none,
 * and must never make one up.
 */
export function terminatorOf(codec: EventCodec<ChatEvent>, exchange: Exchange): string | undefined {
  const whole = { id: exchange.replyId, text: 'Hi', items: [], suggestions: [], createdAt: exchange.receivedAt };
  const events = unfoldReply({ ...whole, finishReason: 'stop' });
  return encodeEvents(codec, events, exchange).find(({ data }) => !isJson(data))?.data;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
