import type { InputOf } from '../../canonical/index.ts';
import { type ErrorCode, GatewayError, type Violation } from '../../errors/index.ts';
import type { Codec, SocketEndpoint } from '../dialect.ts';
import { decodeChatId } from './chat.ts';
import { events } from './events.ts';
import { inbound, inboundSchema } from './inbound.ts';
import { userId } from './values.ts';
import type { SocketRequest } from './wire.ts';

const handshake: Codec<SocketRequest, InputOf<'follow-conversation'>> = {
  decode({ query, headers }) {
    // An empty value is what a template leaves when its variable has none.
    const chat = query.chat_id || headers['x-chat-id'] || undefined;
    const user = query.user_id || headers['x-user-id'] || undefined;
    if (chat === undefined || user === undefined) throw incomplete({ chat_id: chat, user_id: user });
    return { conversationId: decodeChatId(chat), participant: userId.decode(user), delivery: 'stream' };
  },
  encode: ({ conversationId, participant = {} }) => ({
    params: {},
    query: { user_id: userId.encode(participant), chat_id: conversationId },
    headers: {},
    body: undefined,
  }),
};

function incomplete(facts: Readonly<Record<string, string | undefined>>): GatewayError {
  const missing = Object.keys(facts).filter((name) => facts[name] === undefined);
  const violations = missing.map((name): Violation => {
    return { path: ['query', name], rule: 'required', params: {}, value: undefined, message: 'is required' };
  });
  return new GatewayError('invalid-request', `The connection lacks ${missing.join(' and ')}`, { violations });
}

/** Our choice: 4001 as products of this kind have it, 4004 after it. */
const closeCodes: Partial<Readonly<Record<ErrorCode, number>>> = {
  unauthenticated: 4001,
  forbidden: 4001,
  'not-found': 4004,
};

/** What the framework closes with when the handshake's own values are not valid. */
const policyViolation = 1008;

function isAboutHandshake({ details: { violations = [] } }: GatewayError): boolean {
  return violations.some(({ path: [place] }) => place === 'query' || place === 'headers');
}

/**
 * Accept, then send the `error` frame, then close: a browser cannot read a handshake that failed. A message that is refused
 * leaves the socket open.
 */
export const followConversation: SocketEndpoint = {
  operation: 'follow-conversation',
  paths: ['/ws/chat'],
  schema: {
    request: 'tenant-chats/follow-conversation.request.json',
    inbound: inboundSchema,
    event: 'tenant-chats/follow-conversation.event.json',
  },
  carries: [
    'text',
    'delivery',
    'participant',
    'conversationId',
    'extra',
    'output.conversationId',
    'output.text',
    'output.model',
    'output.usage',
  ],
  request: handshake,
  inbound,
  events,
  closeCode: (error) => closeCodes[error.code] ?? (isAboutHandshake(error) ? policyViolation : undefined),
};
