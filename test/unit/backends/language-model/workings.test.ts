import { describe, expect, it } from 'vitest';
import { type HandedOut, handOut, recall } from '../../../../src/backends/language-model/workings.ts';
import type { TranscriptEntry } from '../../../../src/backends/transcript.ts';
import type { Message } from '../../../../src/canonical/index.ts';
import { contextOf, turnOf } from '../catalog/conversation.ts';

const elsewhere = '11111111-2222-4333-8444-555555555555';
const { id: here } = contextOf().conversation;

/** A reply whose call of a client's tool leads back to what is kept with it. */
function replyOf(conversationId: string, number: number, size = 10): Message & HandedOut {
  const call = { id: `v_${number}`, name: 'get_order', arguments: '{}' };
  const answer = { role: 'assistant' as const, text: 'x'.repeat(size), calls: [call], own: { thinking: number } };
  const replyId = `${String(number).padStart(8, '0')}-0000-4000-8000-000000000000`;
  const handedOut = handOut(
    { lookups: [], answer, results: [], handedOut: [call] },
    { backend: 'm', conversationId, replyId },
  );
  return {
    id: replyId,
    conversationId,
    sequence: number,
    role: 'assistant',
    text: '',
    items: [],
    suggestions: [],
    attachments: [],
    createdAt: '2026-01-05T10:00:00Z',
    status: 'complete',
    ...handedOut,
  };
}

const idOf = ({ calls: [call] }: HandedOut): string => call?.id ?? '';
const saidOf = (reply: HandedOut): TranscriptEntry => ({
  role: 'assistant',
  text: '',
  used: reply.calls.map((call) => ({ call, result: 'Lost' })),
});

/** What is recalled where these replies are stored, and which reads it took. */
async function recalledOf(replies: readonly Message[], said: readonly TranscriptEntry[]) {
  const reads: string[] = [];
  const transcript = (id: string) => {
    reads.push(id);
    return Promise.resolve(replies.filter(({ conversationId }) => conversationId === id));
  };
  const context = { ...contextOf(), history: () => transcript(here), transcript };
  const recalled = await recall(said, { backend: 'm', turn: turnOf('And now?'), context });
  return { recalled: [...recalled.keys()], reads };
}

describe('what is recalled of rounds of the client’s tools', () => {
  it('is read once for a call, however often the client tells it', async () => {
    const reply = replyOf(elsewhere, 1);
    const { recalled, reads } = await recalledOf(
      [reply],
      Array.from({ length: 40 }, () => saidOf(reply)),
    );
    expect([recalled, reads]).toEqual([[idOf(reply)], [elsewhere]]);
  });

  it('is read once for a conversation, that of the turn or another one', async () => {
    const replies = [1, 2, 3].map((number) => replyOf(here, number));
    const { recalled, reads } = await recalledOf(replies, replies.map(saidOf));
    expect(recalled.toSorted()).toEqual(replies.map(idOf).toSorted());
    expect(reads).toEqual([here]);
  });

  it('is not looked for again in a conversation that has nothing of it', async () => {
    const { recalled, reads } = await recalledOf(
      [],
      [1, 2, 3].map((number) => saidOf(replyOf(elsewhere, number))),
    );
    expect(recalled).toEqual([]);
    expect(reads).toHaveLength(1);
  });

  it('is the newest rounds, of 1,000,000 characters together', async () => {
    const replies = [1, 2, 3, 4, 5, 6].map((number) => replyOf(elsewhere, number, 240_000));
    const { recalled, reads } = await recalledOf(replies, replies.map(saidOf));
    expect(recalled).toEqual(replies.slice(2).toReversed().map(idOf));
    expect(reads).toEqual([elsewhere]);
    const last = replyOf(elsewhere, 7, 240_000);
    const often = Array.from({ length: 5 }, () => saidOf(last));
    expect((await recalledOf([last], often)).recalled).toEqual([]);
  });
});
