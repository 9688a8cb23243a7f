import type { Strategy, UpstreamQuestion } from './question.ts';

export interface Strategies {
  readonly streamed: Strategy;
  readonly whole: Strategy;
}

/** Under which the id of a conversation is kept with the upstream whose last reply was abandoned: whichever process asks next has to know. */
const markOf = (name: string): string => `${name} abandoned`;

/**
 * Streams a reply where one is wanted and the turn before it has ended in peace. An upstream may go on with a reply that was
 * abandoned: those who follow the conversation would hear its words as the next one's, and the whole answer is sure to be its own.
 */
export function streamUnlessBusy({ streamed, whole }: Strategies): Strategy {
  return async function* (question) {
    const { name, context, turn } = question;
    const abandoned = context.conversation.remoteIds[markOf(name)] ?? '';
    const isSettled = abandoned === '' || abandoned !== question.remoteId;
    const way = isSettled && turn.delivery === 'stream' ? streamed : whole;
    let isOver = false;
    try {
      for await (const batch of way(question)) {
        isOver = batch.at(-1)?.type === 'reply-end';
        if (isOver && !isSettled) await mark(question, '');
        yield batch;
      }
    } finally {
      const remoteId = context.conversation.remoteIds[name]; // which may have been given during this turn
      if (!isOver && isSettled && remoteId !== undefined) await mark(question, remoteId);
    }
  };
}

/** A store that cannot take it fails for callers too. */
async function mark({ name, context }: UpstreamQuestion, remoteId: string): Promise<void> {
  await context.remember(markOf(name), remoteId).catch(() => undefined);
}
