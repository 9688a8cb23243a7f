import type { Attachment, ClientMessage } from '../../canonical/index.ts';
import type { Violation } from '../../errors/index.ts';
import { around, asked, refused, type Said, visitorSaid } from './said.ts';
import { toolCalls } from './tools.ts';
import type { ChatMessage, ContentPart } from './wire.ts';

/**
 * A client's messages. The last one of a user's is what the visitor says; those before it are the history, and so is a `system`
 * after it. What else follows (calls of the client's tools and their results, the beginning of an answer) is `afterwards`. Where no user says
 * anything, the last message is what is asked: clients have titles made so. One message alone says nothing about the past, which is
 * then the stored conversation's. Our choices. Throws `invalid-request` where that message says nothing, or too much.
 */
export const messages = {
  decode(list: readonly ChatMessage[]): Said {
    const at = askedAt(list);
    const { content } = list[at] ?? {}; // the schema wants one
    const path = ['body', 'messages', at, 'content'];
    refuseOthers(partsOf(content), path);
    const images = imagePartsOf(content).map(({ url, part }) => ({ url, path: [...path, part, 'image_url', 'url'] }));
    const { text, attachments } = asked({ text: textOf(content), images, path });
    return { text, attachments, ...around(list.map(toClientMessage), at) };
  },
  encode: ({ text, attachments, history = [], afterwards = [] }: Said): readonly ChatMessage[] => [
    ...history.map(fromClientMessage),
    { role: 'user', content: contentOf(text, attachments) },
    ...afterwards.map(fromClientMessage),
  ],
};

function askedAt(list: readonly ChatMessage[]): number {
  const user = list.findLastIndex(({ role }) => role === 'user');
  return user === -1 ? list.length - 1 : user;
}

/** Where the turn's image of that number stands in a request. */
export function placeOfImage(list: readonly ChatMessage[], image: number): Violation['path'] {
  const at = askedAt(list);
  return ['body', 'messages', at, 'content', imagePartsOf(list[at]?.content)[image]?.part ?? 0, 'image_url', 'url'];
}

function toClientMessage(message: ChatMessage): ClientMessage {
  const text = textOf(message.content);
  switch (message.role) {
    case 'user':
      return visitorSaid(
        text,
        imagePartsOf(message.content).map(({ url }) => url),
      );
    case 'assistant': {
      const calls = (message.tool_calls ?? []).map(toolCalls.decode);
      return calls.length === 0 ? { role: 'assistant', text } : { role: 'assistant', text, calls };
    }
    case 'tool':
      return { role: 'tool', text, callId: message.tool_call_id ?? '' };
    // An older form, in which one call was made at a time: its result belongs to the call before it.
    case 'function':
      return { role: 'tool', text, callId: message.name ?? '' };
    default:
      return { role: 'system', text };
  }
}

function fromClientMessage(message: ClientMessage): ChatMessage {
  switch (message.role) {
    case 'visitor':
      return { role: 'user', content: contentOf(message.text, message.attachments) };
    case 'assistant':
      return message.calls === undefined
        ? { role: 'assistant', content: message.text }
        : { role: 'assistant', content: message.text || null, tool_calls: message.calls.map(toolCalls.encode) };
    case 'tool':
      return { role: 'tool', tool_call_id: message.callId, content: message.text };
    default:
      return { role: 'system', content: message.text };
  }
}

/** As other wires of the vendor's name it, too: clients carry their messages from one to the other. */
const texts: ReadonlySet<string> = new Set(['text', 'input_text', 'output_text']);
const askable: ReadonlySet<string> = new Set([...texts, 'image_url', 'refusal']);

/** What is asked is not passed over. Throws `invalid-request`. */
function refuseOthers(parts: readonly ContentPart[], path: Violation['path']): void {
  const at = parts.findIndex(({ type }) => !askable.has(type));
  if (at === -1) return;
  const params = { allowedValues: ['text', 'image_url'] };
  throw refused(
    { path: [...path, at, 'type'], rule: 'enum', params, value: parts[at]?.type },
    'The last message of the user has a part that is not taken',
  );
}

const partsOf = (content: ChatMessage['content']): readonly ContentPart[] =>
  typeof content === 'object' ? (content ?? []) : [];

/** Images, with their places among the parts. */
const imagePartsOf = (content: ChatMessage['content']) =>
  partsOf(content).flatMap((one, part) => (one.type === 'image_url' ? [{ url: one.image_url.url, part }] : []));

/** Parts of a text are lines of their own. Our choice. */
function textOf(content: ChatMessage['content']): string {
  if (typeof content === 'string') return content;
  return partsOf(content)
    .flatMap((part) =>
      'text' in part && texts.has(part.type) ? [part.text] : part.type === 'refusal' ? [part.refusal] : [],
    )
    .join('\n');
}

/** Many servers know text alone: parts are for messages that have images. */
function contentOf(text: string, attachments: readonly Attachment[] = []): string | readonly ContentPart[] {
  if (attachments.length === 0) return text;
  return [...(text === '' ? [] : [{ type: 'text' as const, text }]), ...attachments.map(toImagePart)];
}

const toImagePart = ({ url }: Attachment): ContentPart => ({ type: 'image_url', image_url: { url } });
