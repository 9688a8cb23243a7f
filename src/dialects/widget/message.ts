import { type Attachment, defined, type Message, type Nudge, type Role } from '../../canonical/index.ts';
import { timestamp } from './timestamp.ts';
import type { WidgetMessage } from './wire.ts';

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
