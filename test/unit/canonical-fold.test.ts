import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChatEvent, createReplyFolder, defined, foldReply, unfoldReply } from '../../src/canonical/index.ts';
import { chunking, reply, someText } from '../support/arbitraries.ts';
import { guardReply } from '../support/guard-reply.ts';
import { expectSame, throughJson } from '../support/wire.ts';

const conversationId = 'a-conversation';
const replies = reply({ conversationId });

async function* inBatches(events: readonly ChatEvent[], size: number) {
  for (let at = 0; at < events.length; at += size) yield events.slice(at, at + size);
}

describe('foldReply', () => {
  it('is the inverse of unfoldReply', async () => {
    await fc.assert(
      fc.asyncProperty(replies, async (whole) => {
        const folded = await foldReply(inBatches(unfoldReply(whole), 1), whole.createdAt);
        expectSame(throughJson(folded), throughJson(whole));
      }),
    );
  });

  it('gives the same reply for every chunking, in batches of any size', async () => {
    const streams = replies.chain((whole) =>
      fc.tuple(fc.constant(whole), chunking(whole), fc.integer({ min: 1, max: 9 })),
    );
    await fc.assert(
      fc.asyncProperty(streams, async ([whole, events, size]) => {
        const folded = await foldReply(guardReply(inBatches(events, size)), whole.createdAt);
        expectSame(throughJson(folded), throughJson(whole));
      }),
    );
  });

  it('throws what the stream throws', async () => {
    const reason = new Error('gone');
    async function* broken() {
      yield [{ type: 'reply-start' as const, replyId: 'r' }];
      throw reason;
    }
    await expect(foldReply(broken(), '2025-01-01T00:00:00Z')).rejects.toBe(reason);
  });
});

describe('unfoldReply', () => {
  it('gives the shortest stream: no event that says nothing', () => {
    const whole = { id: 'r', text: '', items: [], suggestions: [], finishReason: 'stop', createdAt: '' } as const;
    expect(unfoldReply(whole)).toStrictEqual([
      { type: 'reply-start', replyId: 'r', createdAt: '' },
      { type: 'reply-end', finishReason: 'stop' },
    ]);
  });
});

describe('a reply folder', () => {
  it('tells what there is so far, and does not change what it told', () => {
    const folder = createReplyFolder('2025-01-01T00:00:00Z');
    folder.add({ type: 'reply-start', replyId: 'r' });
    folder.add({ type: 'text-delta', text: 'Hel' });
    const early = folder.reply();
    folder.add({ type: 'text-delta', text: 'lo' });
    folder.add({ type: 'items-found', items: [{ id: '1', title: 'Hoodie' }] });
    folder.add({ type: 'reply-end', finishReason: 'length', model: 'm' });
    expect(early).toMatchObject({ id: 'r', text: 'Hel', items: [], finishReason: 'stop' });
    expect(folder.reply()).toMatchObject({ text: 'Hello', items: [{ id: '1' }], finishReason: 'length', model: 'm' });
  });
});

describe('defined', () => {
  it('leaves out what is undefined, and nothing else', () => {
    fc.assert(
      fc.property(fc.dictionary(someText(), fc.constantFrom(undefined, null, 0, '', false, 'x')), (value) => {
        const known = Object.entries(value).filter(([, field]) => field !== undefined);
        expect(Object.entries(defined(value))).toStrictEqual(known);
      }),
    );
  });
});
