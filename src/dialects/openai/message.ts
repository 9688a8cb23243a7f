import { type Attachment, type ClientMessage, defined, type Turn } from '../../canonical/index.ts';
import { GatewayError, type Violation } from '../../errors/index.ts';
import { toolCalls } from './tools.ts';
import type { ChatMessage, ContentPart } from './wire.ts';

/** As in `schemas/canonical/said.json`, for a text that comes in several parts. */
const maxCharacters = 32_768;

type Said = Pick<Turn, 'text' | 'attachments' | 'history' | 'afterwards'>;

/**
 * A client's messages. The last one of a user's is what the visitor says; those before it are the history, and so is a `system`
 * after it. What else follows (calls of the client's tools and their results, the beginning of an answer) is `afterwards`. Where no user says
 * anything, the last message is what is asked: clients have titles made so. One message alone says nothing about the past, which is
 * then the stored conversation's. Our choices. Throws `invalid-request` where that message says nothing, or too much.
 */
export const messages = {
  decode(list: readonly ChatMessage[]): Said {
    const at = askedAt(list);
    if (list.length === 1) return decodeSaid(list, at);
    const following = list.slice(at + 1);
    const past = [...list.slice(0, at), ...following.filter(isSystem)].map(toClientMessage);
    const afterwards = following.filter((message) => !isSystem(message)).map(toClientMessage);
    return defined({
      ...decodeSaid(list, at),
      history: past.length + afterwards.length === 0 ? undefined : past,
      afterwards: afterwards.length === 0 ? undefined : afterwards,
    });
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
  const parts = [...partsOf(list[at]?.content).entries()].filter(([, { type }]) => type === 'image_url');
  return ['body', 'messages', at, 'content', parts[image]?.[0] ?? 0, 'image_url', 'url'];
}

const isSystem = ({ role }: ChatMessage): boolean => role === 'system' || role === 'developer';

function toClientMessage(message: ChatMessage): ClientMessage {
  const text = textOf(message.content);
  switch (message.role) {
    case 'user': {
      // A picture of the past that is none is not worth a chat that ends for it.
      const attachments = partsOf(message.content)
        .flatMap(toAttachment)
        .filter(({ url }) => imageShape.test(url));
      return attachments.length === 0 ? { role: 'visitor', text } : { role: 'visitor', text, attachments };
    }
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

function decodeSaid(list: readonly ChatMessage[], at: number): Pick<Turn, 'text' | 'attachments'> {
  const { content } = list[at] ?? {}; // the schema wants one
  const text = textOf(content);
  const attachments = partsOf(content).flatMap(toAttachment);
  const path = [at, 'content'];
  if (text === '' && attachments.length === 0) {
    throw refused({ path, rule: 'minLength', params: { limit: 1 }, value: text });
  }
  if (text.length > maxCharacters && Array.from(text).length > maxCharacters) {
    throw refused({ path, rule: 'maxLength', params: { limit: maxCharacters }, value: text });
  }
  for (const [at, part] of partsOf(content).entries()) {
    if (part.type !== 'image_url' || imageShape.test(part.image_url.url)) continue;
    const image = [...path, at, 'image_url', 'url'];
    throw refused(
      { path: image, rule: 'image', params: {}, value: part.image_url.url },
      'neither the address of an image nor an image that is taken',
    );
  }
  return { text, attachments };
}

/** An address, or an image that is its own. */
const imageShape = /^(?:https?:\/\/\S{1,2040}|data:image\/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2})$/;

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

/** Many servers know text alone: parts are for messages that have images. */
function contentOf(text: string, attachments: readonly Attachment[] = []): string | readonly ContentPart[] {
  if (attachments.length === 0) return text;
  return [...(text === '' ? [] : [{ type: 'text' as const, text }]), ...attachments.map(toImagePart)];
}

const toImagePart = ({ url }: Attachment): ContentPart => ({ type: 'image_url', image_url: { url } });

function refused(
  { path, ...violation }: Omit<Violation, 'message'>,
  message = 'The last message of the user must say something',
): GatewayError {
  return new GatewayError('invalid-request', message, {
    violations: [{ ...violation, path: ['body', 'messages', ...path], message }],
  });
}
