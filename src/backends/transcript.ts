import type { Attachment, ClientMessage, Message, ToolCall, Turn } from '../canonical/index.ts';

/** What was said before, by the visitor or to the visitor. */
export interface TranscriptEntry {
  readonly role: 'visitor' | 'assistant';
  readonly text: string;
  /** Addresses of what the visitor sent along. */
  readonly images?: readonly string[];
  /** The client's tools that were called after that text, never none. */
  readonly used?: readonly UsedTool[];
}

/** A call of a client's tool, and what it gave. */
export interface UsedTool {
  readonly call: ToolCall;
  readonly result: string;
}

/**
 * What the visitor said and saw. An operator spoke for the shop as the model does; of a reply that broke off for want of a
 * backend nothing is told, of one that the visitor left what there was. Our choice.
 */
export function transcriptOfStored(messages: readonly Message[]): readonly TranscriptEntry[] {
  return messages.flatMap(({ role, text, status, attachments }): readonly TranscriptEntry[] => {
    if (role === 'visitor') return text === '' && attachments.length === 0 ? [] : [saidBy(text, attachments)];
    return role === 'system' || status === 'failed' || text === '' ? [] : [{ role: 'assistant', text }];
  });
}

/** What a model is told by a message that the client keeps, in characters. */
export function charactersIn(message: ClientMessage): number {
  const calls = message.role === 'assistant' ? (message.calls ?? []) : [];
  return calls.reduce((sum, call) => sum + call.name.length + call.arguments.length, message.text.length);
}

/**
 * What was said of a history that the client keeps. A call without its result, and a result without its call, are left out: no vendor
 * takes the one without the other, and a chat that was begun elsewhere is to go on here. Our choice.
 */
export function transcriptOfClient(messages: readonly ClientMessage[]): readonly TranscriptEntry[] {
  return messages.flatMap((message, at): readonly TranscriptEntry[] => {
    const { role, text } = message;
    if (role === 'visitor') return text === '' && !message.attachments ? [] : [saidBy(text, message.attachments ?? [])];
    if (role !== 'assistant') return [];
    const used = message.calls === undefined ? [] : usedOf(message.calls, { messages, at });
    if (used.length > 0) return [{ role, text, used }];
    return text === '' ? [] : [{ role, text }];
  });
}

interface Calling {
  readonly messages: readonly ClientMessage[];
  /** Where the message stands that calls. */
  readonly at: number;
}

/** The calls beside their results, which follow before anybody else speaks. */
function usedOf(calls: readonly ToolCall[], { messages, at }: Calling): readonly UsedTool[] {
  const results = new Map<string, string>();
  for (let next = at + 1; next < messages.length; next += 1) {
    const message = messages[next];
    if (message?.role === 'assistant' || message?.role === 'visitor') break;
    if (message?.role === 'tool') results.set(message.callId, message.text);
  }
  return calls.flatMap((call) => {
    // The older form of a result names what was called.
    const result = results.get(call.id) ?? results.get(call.name);
    return result === undefined ? [] : [{ call, result }];
  });
}

function saidBy(text: string, attachments: readonly Attachment[]): TranscriptEntry {
  const images = attachments.map(({ url }) => url);
  return images.length === 0 ? { role: 'visitor', text } : { role: 'visitor', text, images };
}

/** What a turn says, after all that was said before it. */
export const entryOfTurn = ({ text, attachments }: Turn): TranscriptEntry => saidBy(text, attachments);
