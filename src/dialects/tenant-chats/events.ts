import type { FeedEntry } from '../../canonical/index.ts';
import type { EventCodec } from '../dialect.ts';
import { schemaGuard } from '../schema.ts';
import { parseFrame } from '../upstream-document.ts';
import { decodeFrame } from './decode-frame.ts';
import { beginFollowing } from './encode-entry.ts';
import { describeError } from './errors.ts';
import { type Frame, stamp } from './frame.ts';

const frameGuard = schemaGuard<Frame>('tenant-chats/follow-conversation.event.json', { open: true });

/** The frames of a socket. A decoded entry's position is its number; the id of all is the exchange's. */
export const events: EventCodec<FeedEntry> = {
  decoder(exchange) {
    let position = 0;
    let opening: Frame | undefined;
    return function* ({ data }) {
      const frame = parseFrame(data, frameGuard);
      if (frame.event_type === 'connection_established') opening = frame;
      const event = decodeFrame(frame, { opening, conversationId: exchange.conversationId ?? '' });
      if (event === undefined) return;
      position += 1;
      yield { id: exchange.replyId, position: String(position), ...event };
    };
  },
  encoder() {
    const framesOf = beginFollowing();
    return (entry) => framesOf(entry).map((frame) => ({ data: JSON.stringify(frame) }));
  },
  *failure(error, { receivedAt, conversationId = null }) {
    const { code, detail } = describeError(error);
    const frame = stamp('error', receivedAt, { error_code: code, code, message: detail, chat_id: conversationId });
    yield { data: JSON.stringify(frame) };
  },
};
