import type { Message } from '../canonical/index.ts';
import { GatewayError } from '../errors/index.ts';
import type { Store } from '../stores/store.ts';

/** So many messages of a conversation are looked through, and with them so much of what clients told along, in characters. Our choices. */
const maxMessages = 100;
export const maxToldCharacters = 1_000_000;

/** Read at once: each message may have a quarter of a megabyte told along. */
const messagesARead = 8;

/** So many conversations may one request refer to. Our choice. */
const maxConversations = 4;

/** The past of the conversations that one request goes on from. */
export interface Lookback {
  /**
   * The newest messages, oldest first: each conversation is read once, backwards, until enough is known. Throws `invalid-request` for
   * more conversations than one request may refer to.
   */
  messages(conversationId: string): Promise<readonly Message[]>;
}

/** To be made for each request: it keeps what it has read. */
export function createLookback(store: Pick<Store, 'latestMessages' | 'messagesAfter'>): Lookback {
  const known = new Map<string, Promise<readonly Message[]>>();
  return {
    messages(conversationId) {
      const reading = known.get(conversationId);
      if (reading !== undefined) return reading;
      if (known.size === maxConversations) return Promise.reject(tooMany());
      const begun = readBackwards(store, conversationId);
      known.set(conversationId, begun);
      return begun;
    },
  };
}

async function readBackwards(
  store: Pick<Store, 'latestMessages' | 'messagesAfter'>,
  conversationId: string,
): Promise<readonly Message[]> {
  let messages = await store.latestMessages(conversationId, messagesARead);
  let told = toldCharacters(messages);
  for (let first = messages[0]; first !== undefined && told <= maxToldCharacters && messages.length < maxMessages; ) {
    const { sequence } = first;
    if (sequence === 1) break;
    const after = Math.max(0, sequence - 1 - messagesARead);
    const older = (await store.messagesAfter(conversationId, after, messagesARead)).filter(
      (message) => message.sequence < sequence,
    );
    messages = [...older, ...messages];
    told += toldCharacters(older);
    first = older[0];
  }
  return messages.slice(-maxMessages);
}

/** What clients told with messages, as JSON text. */
export const toldCharacters = (messages: readonly Pick<Message, 'told'>[]): number =>
  messages.reduce((sum, { told }) => sum + (told === undefined ? 0 : JSON.stringify(told).length), 0);

function tooMany(): GatewayError {
  const message = `refers to items of more than ${maxConversations} conversations`;
  const violation = {
    path: ['body', 'input'],
    rule: 'maxItems',
    params: { limit: maxConversations },
    value: undefined,
  };
  return new GatewayError('invalid-request', `input ${message}`, { violations: [{ ...violation, message }] });
}
