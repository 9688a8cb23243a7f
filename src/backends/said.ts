import type { Attachment, ClientMessage, Message, Turn } from '../canonical/index.ts';

/** What was said before, by the visitor or to the visitor. */
export interface Said {
  readonly role: 'visitor' | 'assistant';
  readonly text: string;
  /** Addresses of what the visitor sent along. */
  readonly images?: readonly string[];
}

/**
 * What the visitor said and saw. An operator spoke for the shop as the model does; of a reply that broke off for want of a
 * backend nothing is told, of one that the visitor left what there was. Our choice.
 */
export function saidInStore(messages: readonly Message[]): readonly Said[] {
  return messages.flatMap(({ role, text, status, attachments }): readonly Said[] => {
    if (role === 'visitor') return text === '' && attachments.length === 0 ? [] : [saidBy(text, attachments)];
    return role === 'system' || status === 'failed' || text === '' ? [] : [{ role: 'assistant', text }];
  });
}

/** What was said of a history that the client keeps. */
export function saidByClient(messages: readonly ClientMessage[]): readonly Said[] {
  return messages.flatMap((message): readonly Said[] => {
    const { role, text } = message;
    if (role === 'visitor') return text === '' && !message.attachments ? [] : [saidBy(text, message.attachments ?? [])];
    return role !== 'assistant' || text === '' ? [] : [{ role, text }];
  });
}

function saidBy(text: string, attachments: readonly Attachment[]): Said {
  const images = attachments.map(({ url }) => url);
  return images.length === 0 ? { role: 'visitor', text } : { role: 'visitor', text, images };
}

/** What a turn says, after all that was said before it. */
export const saidInTurn = ({ text, attachments }: Turn): Said => saidBy(text, attachments);
