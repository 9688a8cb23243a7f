import { hash } from 'node:crypto';
import type { AnswerContext } from '../backend.ts';

/** So many texts of a conversation are kept in mind, the newest. Our choice. */
const maxRefused = 16;

/** The texts of one conversation that a backend's vendor has refused. */
export interface Refusals {
  has(text: string): boolean;
  /** Kept with the conversation, as a digest: whichever process is asked next has to know. */
  note(text: string): Promise<void>;
}

/** Under which they are kept beside the ids of the backend's conversation: a name that no backend can have. */
const markOf = (name: string): string => `${name} refused`;

/** What a vendor has refused before would be refused with everything that follows it. */
export function refusalsOf(
  name: string,
  { conversation, remember }: Pick<AnswerContext, 'conversation' | 'remember'>,
): Refusals {
  const known = (conversation.remoteIds[markOf(name)] ?? '').split(' ').filter((digest) => digest !== '');
  const refused = new Set(known);
  return {
    has: (text) => refused.size > 0 && refused.has(digestOf(text)),
    async note(text) {
      const digest = digestOf(text);
      if (!refused.has(digest)) await remember(markOf(name), [...known, digest].slice(-maxRefused).join(' '));
    },
  };
}

const digestOf = (text: string): string => hash('sha256', text, 'base64url').slice(0, 16);
