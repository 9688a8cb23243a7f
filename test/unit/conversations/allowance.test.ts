import { describe, expect, it } from 'vitest';
import type { ChatEvent, Turn } from '../../../src/canonical/index.ts';
import { type TokenUsage, withTokens } from '../../../src/conversations/token-budget.ts';
import { GatewayError } from '../../../src/errors/index.ts';

const turn: Turn = { text: 'Hello', attachments: [], delivery: 'stream', participant: {}, activity: [] };
const asked = { turn, conversation: undefined };

/** What is set aside and settled, in its order. */
function createAllowance() {
  const book: string[] = [];
  return {
    book,
    allowance: {
      reserve(question: number) {
        book.push(`reserve ${question}`);
        return Promise.resolve({ settle: (used: number) => void book.push(`settle ${used}`) });
      },
    },
  };
}

async function* reply(...batches: readonly (readonly ChatEvent[])[]) {
  for (const batch of batches) yield batch;
}
const hi: readonly ChatEvent[] = [
  { type: 'reply-start', replyId: 'r' },
  { type: 'text-delta', text: 'Hi there!' },
];
const end: readonly ChatEvent[] = [{ type: 'reply-end', finishReason: 'stop', usage: { totalTokens: 12 } }];

async function readAll(stream: AsyncIterable<readonly ChatEvent[]>) {
  const batches = [];
  for await (const batch of stream) batches.push(batch);
  return batches;
}

describe('the tokens of a turn', () => {
  it('are settled once, when its reply is over, which passes through as it is', async () => {
    const { book, allowance } = createAllowance();
    const stream = await withTokens({ tokenBudget: allowance }, asked, async ({ count }) => count(reply(hi, end)));
    expect(book).toEqual(['reserve 2']);
    expect(await readAll(stream)).toEqual([hi, end]);
    await stream[Symbol.asyncIterator]().return?.();
    expect(book).toEqual(['reserve 2', 'settle 12']);
  });

  it('are settled by what was read, when its reader leaves at any time', async () => {
    for (const [reads, settled] of [
      [0, 2],
      [1, 5],
      [2, 12],
    ] as const) {
      const { book, allowance } = createAllowance();
      const stream = await withTokens({ tokenBudget: allowance }, asked, async ({ count }) => count(reply(hi, end)));
      const iterator = stream[Symbol.asyncIterator]();
      for (let count = 0; count < reads; count += 1) await iterator.next();
      await iterator.return?.();
      expect(book).toEqual(['reserve 2', `settle ${settled}`]);
    }
  });

  it('are settled by all that was sent, where that is told, unless the reply tells better', async () => {
    const { book, allowance } = createAllowance();
    const play = (told: readonly ChatEvent[]) =>
      withTokens({ tokenBudget: allowance }, asked, async ({ count, sent }) => {
        sent(400);
        sent(40);
        return readAll(count(reply(told)));
      });
    await play(hi);
    await play([...hi, ...end]);
    expect(book).toEqual(['reserve 2', 'settle 113', 'reserve 2', 'settle 12']);
  });

  it('are given back when the turn does not begin, or nobody is asked', async () => {
    const { book, allowance } = createAllowance();
    const failing = withTokens({ tokenBudget: allowance }, asked, () =>
      Promise.reject(new GatewayError('store-unavailable', 'No')),
    );
    await expect(failing).rejects.toThrow();
    expect(await withTokens({ tokenBudget: allowance }, asked, async () => 'stored')).toBe('stored');
    expect(book).toEqual(['reserve 2', 'settle 0', 'reserve 2', 'settle 0']);
  });

  it('are set aside for all that the client tells: its history, calls of its tools and what they gave', async () => {
    const { book, allowance } = createAllowance();
    const told: Turn = {
      ...turn,
      history: [{ role: 'assistant', text: 'x'.repeat(400) }],
      afterwards: [
        { role: 'assistant', text: '', calls: [{ id: 'a', name: 'look', arguments: 'x'.repeat(4_000) }] },
        { role: 'tool', text: 'x'.repeat(40_000), callId: 'a' },
      ],
    };
    await withTokens({ tokenBudget: allowance }, { turn: told, conversation: undefined }, async () => 'stored');
    expect(book).toEqual(['reserve 11103', 'settle 0']);
  });

  it('are counted also of a reply that begins later', async () => {
    const { book, allowance } = createAllowance();
    const later: TokenUsage[] = [];
    await withTokens({ tokenBudget: allowance }, asked, async (meter) => later.push(meter));
    for (const { count } of later) await readAll(count(reply(hi, end)));
    expect(book).toEqual(['reserve 2', 'settle 0', 'settle 12']);
  });

  it('begin nothing when there are none', async () => {
    const allowance = { reserve: () => Promise.reject(new GatewayError('rate-limited', 'No')) };
    const begin = (): never => {
      throw new Error('begun');
    };
    await expect(withTokens({ tokenBudget: allowance }, asked, begin)).rejects.toMatchObject({ code: 'rate-limited' });
  });

  it('are nobody’s business without a limit, and while a person has the conversation', async () => {
    const { book, allowance } = createAllowance();
    const stream = reply(hi, end);
    expect(await withTokens({}, asked, async ({ count }) => count(stream))).toBe(stream);
    const handed = { turn, conversation: { mode: 'operator' as const } };
    expect(await withTokens({ tokenBudget: allowance }, handed, async ({ count }) => count(stream))).toBe(stream);
    expect(book).toEqual([]);
  });
});
