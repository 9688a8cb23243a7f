import { setTimeout as pause } from 'node:timers/promises';

/**
 * A backend that says in pieces, with pauses, what it was told: a reply shows which turn it answers, each of its pieces to which attempt
 * it belongs, and it can be cut off anywhere. Unless it is even, each attempt has a pace of its own: most are quick, some take long. One
 * that tells the time says with each piece when it was said, in milliseconds.
 */
export default function createEcho({ options: { pieces, pauseMs, isEven = true, tellsTime = false } }) {
  return {
    async *answer(turn, { replyId }, { signal }) {
      yield [{ type: 'reply-start', replyId }];
      const attempt = replyId.slice(0, 8);
      const pace = isEven ? pauseMs : pauseMs * Math.random() ** 4;
      yield [{ type: 'text-delta', text: `“${turn.text}”` }];
      for (let piece = 1; piece <= pieces; piece += 1) {
        await pause(pace, undefined, { signal });
        const time = tellsTime ? ` at ${Date.now()}` : '';
        yield [{ type: 'text-delta', text: `, ${piece} of ${attempt}${time}` }];
      }
      yield [{ type: 'reply-end', finishReason: 'stop' }];
    },
  };
}
