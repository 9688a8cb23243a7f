import { type Attachment, type ClientMessage, type Turn } from '../../canonical/index.ts';
import { GatewayError, type Violation } from '../../errors/index.ts';

/** As in `schemas/canonical/said.json`, for a text that comes in several parts. */
const maxCharacters = 32_768;

/** An address, or an image that is its own. */
const imageShape = /^(?:https?:\/\/\S{1,2040}|data:image\/(?:png|jpe?g|gif|webp);base64,[a-z0-9+/]+={0,2})$/i;

/** What a client says in its messages, and with them. */
export type Said = Pick<Turn, 'text' | 'attachments' | 'history' | 'afterwards'>;

/** What stands around the message that is asked: `system` messages after it are told before it. One message alone says nothing about the past. */
export function around(list: readonly ClientMessage[], at: number): Pick<Turn, 'history' | 'afterwards'> {
  if (list.length === 1 && at === 0) return {};
  const following = list.slice(at + 1);
  const past = [...list.slice(0, Math.max(0, at)), ...following.filter(isSystem)];
  const afterwards = following.filter((message) => !isSystem(message));
  if (afterwards.length > 0) return { history: past, afterwards };
  return past.length > 0 ? { history: past } : {};
}

const isSystem = ({ role }: ClientMessage): boolean => role === 'system';

/** The message that is asked, as the wire has it. */
export interface AskedMessage {
  readonly text: string;
  readonly images: readonly { readonly url: string; readonly path: Violation['path'] }[];
  /** Where its text stands. */
  readonly path: Violation['path'];
}

/** What is asked. Throws `invalid-request` where that says nothing or too much, or has an image that is none. */
export function asked({ text, images, path }: AskedMessage): Pick<Turn, 'text' | 'attachments'> {
  if (text === '' && images.length === 0) {
    throw refused({ path, rule: 'minLength', params: { limit: 1 }, value: text });
  }
  if (text.length > maxCharacters && Array.from(text).length > maxCharacters) {
    throw refused({ path, rule: 'maxLength', params: { limit: maxCharacters }, value: text });
  }
  for (const { url, path: place } of images) {
    if (imageShape.test(url)) continue;
    throw refused(
      { path: place, rule: 'image', params: {}, value: url },
      'neither the address of an image nor an image that is taken',
    );
  }
  return { text, attachments: images.map(({ url }) => toAttachment(url)) };
}

/** Types of images as models know them, however a client writes them. */
const toAttachment = (url: string): Attachment => ({
  kind: 'image',
  url: url.replace(/^data:image\/\w+/i, (head) => head.toLowerCase().replace(/jpg$/, 'jpeg')),
});

/** What a user has said before. A picture of the past that is none is not worth a chat that ends for it. */
export function visitorSaid(text: string, urls: readonly string[]): ClientMessage {
  const attachments = urls.filter((url) => imageShape.test(url)).map(toAttachment);
  return attachments.length === 0 ? { role: 'visitor', text } : { role: 'visitor', text, attachments };
}

/** What is wrong with the message that is asked. */
export function refused(
  violation: Omit<Violation, 'message'>,
  message = 'The last message of the user must say something',
): GatewayError {
  return new GatewayError('invalid-request', message, { violations: [{ ...violation, message }] });
}
