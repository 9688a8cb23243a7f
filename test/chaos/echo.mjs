import { setTimeout as pause } from 'node:timers/promises';

/** A backend that says in pieces, with pauses, what it was told: a reply shows which turn it answers, and can be cut off anywhere. */
export default function createEcho({ options: { pieces, pauseMs } }) {
  return {
    async *answer(turn, { replyId }, { signal }) {
      yield [{ type: 'reply-start', replyId }];
      yield [{ type: 'text-delta', text: `“${turn.text}”` }];
      for (let piece = 1; piece <= pieces; piece += 1) {
        await pause(pauseMs, undefined, { signal });
        yield [{ type: 'text-delta', text: `, ${piece}` }];
      }
      yield [{ type: 'reply-end', finishReason: 'stop' }];
    },
  };
}
