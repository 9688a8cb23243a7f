import {
  type Attachment,
  defined,
  type Message,
  type Nudge,
  type Role,
  type Timestamp,
} from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';
import type { WidgetMessage } from './wire.ts';

/**
 * Times on the second with the offset written out: `2026-06-03T19:00:00+00:00`. Reads any offset; what it reads ends in `Z` and
 * has milliseconds. Throws `upstream-protocol` for a time that does not exist.
 */
export const timestamp = {
  encode: (time: Timestamp): string => time.replace(/(?:\.\d+)?Z$/, '+00:00'),
  decode(text: string): Timestamp {
    const instant = new Date(text);
    if (Number.isNaN(instant.getTime())) throw new GatewayError('upstream-protocol', `No such time: ${text}`);
    return instant.toISOString();
  },
};

/** This wire has no role for what the system says: it stands on the assistant's side. Our choice. */
const roles = {
  visitor: 'visitor',
  assistant: 'assistant',
  operator: 'operator',
  system: 'assistant',
} as const satisfies Readonly<Record<Role, WidgetMessage['role']>>;

/** A stored message. Its sequence number is the id that clients see, and come back with. */
export const message = {
  encode: ({ sequence, role, text, createdAt, attachments }: Message): WidgetMessage =>
    defined({
      id: sequence,
      role: roles[role],
      content: text,
      created_at: timestamp.encode(createdAt),
      image_url: image.encode(attachments),
    }),
  decode: ({ id, role, content, created_at, image_url }: WidgetMessage, conversationId: string): Message => ({
    id: String(id),
    conversationId,
    sequence: id,
    role,
    text: content,
    items: [],
    suggestions: [],
    attachments: image.decode(image_url),
    createdAt: timestamp.decode(created_at),
    status: 'complete',
  }),
};

/** An image that goes along with a message; one at most. */
export const image = {
  decode: (url: string | null | undefined): readonly Attachment[] => (url ? [{ kind: 'image', url }] : []),
  encode: ([first]: readonly Attachment[]): string | undefined => first?.url,
};

/** A nudge is shown as an operator's message. */
export const nudge = {
  encode: ({ id, text, createdAt }: Nudge): WidgetMessage => ({
    id,
    role: 'operator',
    content: text,
    created_at: timestamp.encode(createdAt),
  }),
  decode: ({ id, content, created_at }: WidgetMessage): Nudge => ({
    id,
    text: content,
    createdAt: timestamp.decode(created_at),
  }),
};
