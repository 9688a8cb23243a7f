import type { Message } from '../canonical/index.ts';

/** What was said before, by the visitor or to the visitor. */
export interface Said {
  readonly role: 'visitor' | 'assistant';
  readonly text: string;
}

/**
 * What the visitor said and saw. An operator spoke for the shop as the model does; of a reply that broke off for want of a
 * backend nothing is told, of one that the visitor left what there was. Our choice.
 */
export function saidInStore(messages: readonly Message[]): readonly Said[] {
  return messages.flatMap(({ role, text, status, attachments }): readonly Said[] => {
    if (role === 'visitor') return [{ role, text: text === '' && attachments.length > 0 ? '(an image)' : text }];
    return role === 'system' || status === 'failed' || text === '' ? [] : [{ role: 'assistant', text }];
  });
}
