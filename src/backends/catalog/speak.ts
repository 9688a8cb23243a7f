import { setImmediate } from 'node:timers/promises';
import type { ChatEvent, ChatStream } from '../../canonical/index.ts';
import type { Answer } from './answer.ts';

/** Words to a batch: a stream that is seen to grow, without a socket write for every word. Our choice. */
const wordsPerBatch = 6;

export interface Speech {
  readonly replyId: string;
  readonly question: string;
  readonly signal: AbortSignal;
  answer(): Promise<Answer>;
}

/**
 * An answer as a stream: word by word, then its products and suggestions. Others get a turn on the event loop between batches, and
 * an abort ends it there, by throwing the signal's reason.
 */
export async function* speak({
  replyId,
  question,
  signal,
  answer,
}: Speech): ChatStream & AsyncGenerator<readonly ChatEvent[]> {
  signal.throwIfAborted();
  // Found before anything is said, so that a failure can still become another backend's answer.
  const { text, items, suggestions } = await answer();
  signal.throwIfAborted();
  yield [{ type: 'reply-start', replyId }, { type: 'typing' }];
  const words = splitWords(text);
  for (let start = 0; start < words.length; start += wordsPerBatch) {
    await setImmediate();
    signal.throwIfAborted();
    yield words.slice(start, start + wordsPerBatch).map((word): ChatEvent => ({ type: 'text-delta', text: word }));
  }
  await setImmediate();
  signal.throwIfAborted();
  const [inputTokens, outputTokens] = [splitWords(question).length, words.length];
  yield [
    ...(items.length > 0 ? [{ type: 'items-found' as const, items }] : []),
    ...(suggestions.length > 0 ? [{ type: 'suggestions' as const, suggestions }] : []),
    {
      type: 'reply-end',
      finishReason: 'stop',
      model: 'catalog',
      usage: { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens },
    },
  ];
}

/** Words with the space before them: joined, they are the text. Takes time in proportion to the text, whatever it is. */
export function splitWords(text: string): readonly string[] {
  return text === '' ? [] : text.split(/(?<=\S)(?=\s)/);
}
