import { expect, it } from 'vitest';
import { createStreamTail } from '../../../src/http/pass-through/last-words.ts';

/** Whether a stream that came in these pieces stands between two events. */
function standsAfter(pieces: readonly string[]): boolean {
  const tail = createStreamTail();
  for (const piece of pieces) tail.sent(Buffer.from(piece));
  return tail.standsBetweenEvents();
}

it.each([
  [[]],
  [['data: x\n\n']],
  [['data: x\r\n\r\n']],
  [['data: x\n\n', ': ping\n']],
  [['data: x', '\n', '\n', '\n']],
])('a stream of %j stands between two events', (pieces) => {
  expect(standsAfter(pieces)).toBe(true);
});

it.each([[['data: x\n']], [['data: x', '\r', '\n']], [['data: x', '\n', ': c\n']], [['data: x\n\n', 'data: y']]])(
  'a stream of %j stands in the middle of one',
  (pieces) => {
    expect(standsAfter(pieces)).toBe(false);
  },
);
