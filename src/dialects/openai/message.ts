import type { Attachment, ClientMessage, Turn } from '../../canonical/index.ts';
import { GatewayError, type Violation } from '../../errors/index.ts';
import type { ChatMessage, ContentPart } from './wire.ts';

/** As in `schemas/canonical/said.json`, for a text that comes in several parts. */
const maxCharacters = 32_768;

const roles = { system: 'system', developer: 'system', user: 'visitor', assistant: 'assistant' } as const;
const wireRoles = { system: 'system', visitor: 'user', assistant: 'assistant' } as const;

type Said = Pick<Turn, 'text' | 'attachments' | 'history'>;

/**
 * A client's messages: the last one is what the visitor says, those before it are the history. One alone says nothing about the
 * past, which is then the stored conversation's. Our choices. Throws `invalid-request` where the last message is not a visitor's, or says nothing, or too much.
 */
export const messages = {
  decode(list: readonly ChatMessage[]): Said {
    const past = list.slice(0, -1).map(({ role, content }) => {
      const attachments = partsOf(content).flatMap(toAttachment);
      return { role: roles[role], text: textOf(content), ...(attachments.length > 0 && { attachments }) };
    });
    const said = decodeLast(list);
    return past.length === 0 ? said : { ...said, history: past };
  },
  encode: ({ text, attachments, history = [] }: Said): readonly ChatMessage[] => [
    ...history.map((message: ClientMessage) => ({ role: wireRoles[message.role], content: contentOf(message) })),
    { role: 'user', content: contentOf({ text, attachments }) },
  ],
};

function contentOf({
  text,
  attachments = [],
}: Pick<ClientMessage, 'text' | 'attachments'>): NonNullable<ChatMessage['content']> {
  if (attachments.length === 0) return text;
  return [...(text === '' ? [] : [{ type: 'text' as const, text }]), ...attachments.map(toImagePart)];
}

/** Where the turn's image of that number stands in a request. */
export function placeOfImage(list: readonly ChatMessage[], image: number): Violation['path'] {
  const at = list.length - 1;
  const parts = [...partsOf(list[at]?.content).entries()].filter(([, { type }]) => type === 'image_url');
  return ['body', 'messages', at, 'content', parts[image]?.[0] ?? 0, 'image_url', 'url'];
}

function decodeLast(list: readonly ChatMessage[]): Pick<Turn, 'text' | 'attachments'> {
  const at = list.length - 1;
  const { role, content } = list[at] ?? { role: 'user' }; // the schema wants one
  if (role !== 'user') {
    throw refused({ path: [at, 'role'], rule: 'const', params: { allowedValue: 'user' }, value: role });
  }
  const text = textOf(content);
  const attachments = partsOf(content).flatMap(toAttachment);
  const path = [at, 'content'];
  if (text === '' && attachments.length === 0)
    throw refused({ path, rule: 'minLength', params: { limit: 1 }, value: text });
  if (text.length > maxCharacters && Array.from(text).length > maxCharacters) {
    throw refused({ path, rule: 'maxLength', params: { limit: maxCharacters }, value: text });
  }
  return { text, attachments };
}

const partsOf = (content: ChatMessage['content']): readonly ContentPart[] =>
  typeof content === 'object' ? (content ?? []) : [];

/** Parts of a text are lines of their own. Our choice. */
function textOf(content: ChatMessage['content']): string {
  if (typeof content === 'string') return content;
  return partsOf(content)
    .flatMap((part) => (part.type === 'text' ? [part.text] : part.type === 'refusal' ? [part.refusal] : []))
    .join('\n');
}

const toAttachment = (part: ContentPart): readonly Attachment[] =>
  part.type === 'image_url' ? [{ kind: 'image', url: part.image_url.url }] : [];

const toImagePart = ({ url }: Attachment): ContentPart => ({ type: 'image_url', image_url: { url } });

function refused({ path, ...violation }: Omit<Violation, 'message'>): GatewayError {
  const message = 'The last message must be what the user says';
  return new GatewayError('invalid-request', message, {
    violations: [{ ...violation, path: ['body', 'messages', ...path], message }],
  });
}
