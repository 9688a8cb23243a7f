import { type ClientMessage, defined, type ReplyReference, type ToolCall } from '../../canonical/index.ts';
import { GatewayError, type Violation } from '../../errors/index.ts';
import { referenceIn } from './response-ids.ts';
import type { InputItem, InputMessage, InputPart, ResponseBody } from './responses-wire.ts';
import { around, asked, type Said, visitorSaid } from './said.ts';

/**
 * A client's items, read as messages are. Reasoning of another's is left out: no vendor takes it but its own. Items that bring results of
 * tools alone ask nothing new: the text is empty then. Throws `invalid-request` for a message that says nothing, or too much, and
 * `not-found` for a reference to what was never given out.
 */
export const responseInput = {
  decode(input: ResponseBody['input']): Said {
    if (typeof input === 'string') return { text: input, attachments: [] };
    const list = toMessages(input);
    const messages = list.map(({ message }) => message);
    const at = askedAt(messages);
    const place = list[at]?.at;
    const item = place === undefined ? undefined : input[place];
    if (item === undefined || !isMessage(item)) {
      if (messages.some(({ role }) => role === 'tool')) return { text: '', attachments: [], ...around(messages, -1) };
      return asked({ text: '', images: [], path: ['body', 'input'] });
    }
    const path = ['body', 'input', place ?? 0, 'content'];
    const images = imagePartsOf(item).map(({ url, part }) => ({ url, path: [...path, part, 'image_url'] }));
    return { ...asked({ text: textOf(item.content), images, path }), ...around(messages, at) };
  },
  encode({ text, attachments, history = [], afterwards = [] }: Said): ResponseBody['input'] {
    if (text !== '' && attachments.length + history.length + afterwards.length === 0) return text;
    const said: ClientMessage = { role: 'visitor', text, ...(attachments.length > 0 && { attachments }) };
    const isSaid = text !== '' || attachments.length > 0;
    return [...history, ...(isSaid ? [said] : []), ...afterwards].flatMap(fromMessage);
  },
};

/** Where the turn's image of that number stands in a request. */
export function placeOfInputImage(input: ResponseBody['input'], image: number): Violation['path'] {
  if (typeof input === 'string') return ['body', 'input'];
  const at = input.findLastIndex((item) => isMessage(item) && item.role === 'user');
  const item = input[at];
  const part = item !== undefined && isMessage(item) ? imagePartsOf(item)[image]?.part : undefined;
  return ['body', 'input', at, 'content', part ?? 0, 'image_url'];
}

/** What the user said last; where no user says anything and no tool has a result, what was said last. */
function askedAt(messages: readonly ClientMessage[]): number {
  const user = messages.findLastIndex(({ role }) => role === 'visitor');
  return user === -1 && messages.every(({ role }) => role !== 'tool') ? messages.length - 1 : user;
}

interface Placed {
  readonly message: ClientMessage;
  /** The place of its first item. */
  readonly at: number;
}

/** A message of an assistant that grows by the calls that follow it. */
interface Growing {
  readonly at: number;
  readonly text: string;
  readonly calls: ToolCall[];
  readonly references: ReplyReference[];
}

function toMessages(input: readonly InputItem[]): readonly Placed[] {
  const list: (Placed | Growing)[] = [];
  const begin = (at: number, text = ''): Growing => {
    const growing = { at, text, calls: [], references: [] };
    list.push(growing);
    return growing;
  };
  const calling = (at: number): Growing => {
    const last = list.at(-1);
    return last !== undefined && 'calls' in last ? last : begin(at);
  };
  for (const [at, item] of input.entries()) {
    if (isMessage(item)) {
      if (item.role === 'assistant') begin(at, textOf(item.content));
      else list.push({ at, message: toMessage(item) });
    } else if (item.type === 'function_call') {
      calling(at).calls.push({ id: item.call_id, name: item.name, arguments: item.arguments });
    } else if (item.type === 'function_call_output') {
      list.push({ at, message: { role: 'tool', callId: item.call_id, text: textOf(item.output) } });
    } else if (item.type === 'item_reference') {
      const reference = referenceIn(item.id);
      if (reference === undefined) throw noItem(item.id);
      (reference.call === undefined ? begin(at) : calling(at)).references.push(reference);
    }
  }
  return list.map((one) => ('message' in one ? one : { at: one.at, message: grown(one) }));
}

const grown = ({ text, calls, references }: Growing): ClientMessage =>
  defined({
    role: 'assistant' as const,
    text,
    calls: calls.length === 0 ? undefined : calls,
    references: references.length === 0 ? undefined : references,
  });

/** Source: vendor, for the sentence. */
const noItem = (id: string): GatewayError =>
  new GatewayError('not-found', 'Item not found', { subject: { kind: 'item', id } });

const isMessage = (item: InputItem): item is InputMessage =>
  item.type === undefined || item.type === null || item.type === 'message';

const toMessage = (item: InputMessage): ClientMessage =>
  item.role === 'user'
    ? visitorSaid(
        textOf(item.content),
        imagePartsOf(item).map(({ url }) => url),
      )
    : { role: 'system', text: textOf(item.content) };

function fromMessage(message: ClientMessage): readonly InputItem[] {
  switch (message.role) {
    case 'visitor': {
      const { text, attachments = [] } = message;
      if (attachments.length === 0) return [{ role: 'user', content: text }];
      const said: readonly InputPart[] = text === '' ? [] : [{ type: 'input_text', text }];
      const images = attachments.map(({ url }) => ({ type: 'input_image' as const, image_url: url }));
      return [{ role: 'user', content: [...said, ...images] }];
    }
    case 'assistant': {
      const { text, calls = [], references = [] } = message;
      return [
        ...(text === '' && calls.length + references.length > 0 ? [] : [{ role: 'assistant' as const, content: text }]),
        ...calls.map(fromCall),
        ...references.map(({ id }) => ({ type: 'item_reference' as const, id })),
      ];
    }
    case 'tool':
      return [{ type: 'function_call_output', call_id: message.callId, output: message.text }];
    default:
      return [{ role: 'system', content: message.text }];
  }
}

const fromCall = ({ id, name, arguments: given }: ToolCall): InputItem => ({
  type: 'function_call',
  call_id: id,
  name,
  arguments: given,
});

/** Parts of a text are lines of their own. Our choice. */
function textOf(content: string | readonly InputPart[]): string {
  if (typeof content === 'string') return content;
  return content
    .flatMap((part) => ('text' in part ? [part.text] : part.type === 'refusal' ? [part.refusal] : []))
    .join('\n');
}

/** Images, with their places among the parts. */
const imagePartsOf = ({ content }: InputMessage) =>
  typeof content === 'string'
    ? []
    : content.flatMap((one, part) => (one.type === 'input_image' ? [{ url: one.image_url, part }] : []));
