import type { ReplyReference } from '../../canonical/index.ts';

/** Which reply an id stands for, and in which conversation; without one it can be found by nobody. */
export interface ReplyPlace {
  readonly conversationId?: string | undefined;
  readonly replyId: string;
}

const prefixed = /^conv_([0-9a-f]{32})$/;
const placeShape = /^(.*)([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/s;

/** The digits of the conversation's id, or the id where it is another one, then those of the reply's. */
const place = {
  encode: ({ conversationId = '', replyId }: ReplyPlace): string =>
    (prefixed.exec(conversationId)?.[1] ?? conversationId) + replyId.replaceAll('-', ''),
  decode(text: string): Required<Pick<ReplyReference, 'conversationId' | 'replyId'>> | undefined {
    const [, told, ...digits] = placeShape.exec(text) ?? [];
    if (!told) return undefined;
    const id = `conv_${told}`;
    return { conversationId: prefixed.test(id) ? id : told, replyId: digits.join('-') };
  },
};

/** An id of the vendor's form that says where the response is kept: there is no index of them. */
export const responseId = {
  encode: (reply: ReplyPlace): string => `resp_${place.encode(reply)}`,
  /** `undefined` for an id that is none of ours. */
  decode: (id: string) => (id.startsWith('resp_') ? place.decode(id.slice('resp_'.length)) : undefined),
};

export const messageId = (reply: ReplyPlace): string => `msg_${place.encode(reply)}`;
export const callItemId = (reply: ReplyPlace, call: number): string => `fc_${place.encode(reply)}_${call}`;

/** What an item of a response stands for; `undefined` for an id that is none of ours. */
export function referenceIn(id: string): ReplyReference | undefined {
  const [, text, , told = '', call] = /^(?:(msg)|(fc))_(.*?)(?:_(\d{1,3}))?$/s.exec(id) ?? [];
  const found = place.decode(told);
  if (found === undefined || (text === undefined) !== (call !== undefined)) return undefined;
  return call === undefined ? { ...found, id } : { ...found, call: Number(call), id };
}
