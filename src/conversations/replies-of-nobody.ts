import { type ChatStream, defined, type Message, type Reply, unfoldReply } from '../canonical/index.ts';

/** What is answered while a person has the conversation: nothing, in good order. */
export async function* silence(replyId: string): ChatStream {
  yield [
    { type: 'reply-start', replyId },
    { type: 'reply-end', finishReason: 'handed-over' },
  ];
}

/** A stored reply, told again. */
export async function* replay(message: Message): ChatStream {
  const { id, text, items, suggestions, model, usage, finishReason = 'stop', calls, createdAt } = message;
  const reply = { id, text, items, suggestions, model, usage, finishReason, calls, createdAt };
  yield unfoldReply(defined(reply) satisfies Reply);
}
