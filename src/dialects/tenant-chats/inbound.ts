import { defined, parseClientJson, type Turn } from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';
import type { Codec } from '../dialect.ts';
import { schemaGuard } from '../schema.ts';
import { decodeMetadata } from './metadata.ts';
import type { InboundFrame } from './wire.ts';

/** The schema of a frame from the client. */
export const inboundSchema = 'tenant-chats/follow-conversation.inbound.json';
const inboundFrame = schemaGuard<InboundFrame>(inboundSchema);

/** Asks nothing, and keeps the connection from looking idle. */
const ping: InboundFrame = { type: 'ping' };

/**
 * What a visitor says over a socket. Whose words they are and in which chat is said by the handshake: the chat comes from the
 * exchange, the participant is for the carrier to add. The frame's metadata is the turn's `extra`. An empty frame and one that
 * has a `type` but no `content` ask nothing. Throws `malformed-request` and `invalid-request`.
 */
export const inbound: Codec<string, Turn | undefined> = {
  decode(text, { conversationId }) {
    if (text.trim() === '') return undefined;
    const { content, metadata } = checkFrame(parseClientJson(text, 'The message'));
    if (content === undefined) return undefined;
    return defined({
      text: content,
      attachments: [],
      delivery: 'stream' as const,
      participant: {},
      conversationId,
      activity: [],
      extra: decodeMetadata(metadata),
    });
  },
  encode: (turn) => JSON.stringify(turn === undefined ? ping : { content: turn.text, metadata: turn.extra }),
};

function checkFrame(frame: unknown): InboundFrame {
  if (inboundFrame.accepts(frame)) return frame;
  const violations = inboundFrame.violations(frame);
  throw new GatewayError('invalid-request', 'The message is not valid', {
    violations: violations.map(({ path, ...rest }) => ({ ...rest, path: ['body', ...path] })),
  });
}
