import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FeedEntry, Message } from '../../../src/canonical/index.ts';
import { type Cursor, readCursor, writeCursor } from '../../../src/conversations/feed/cursor.ts';
import { createFollower, type Follower, type View } from '../../../src/conversations/feed/difference.ts';
import { addSteps } from '../../../src/conversations/feed/steps.ts';
import type { Step } from '../../../src/stores/feed-records.ts';

/** What happens, and how far a follower is told of it. */
type Deed =
  | { readonly do: 'say' | 'begin' | 'replace' }
  | { readonly do: 'grow' | 'finish' | 'fail' | 'keep'; readonly which: number }
  /** A follower is told what is, up to so many entries, and goes away; it comes back with the cursor of the last one. */
  | { readonly do: 'tell' }
  | { readonly do: 'cut'; readonly after: number };

const which = fc.nat({ max: 3 });
const deed: fc.Arbitrary<Deed> = fc.oneof(
  fc.record({ do: fc.constantFrom('say' as const, 'begin' as const, 'replace' as const) }),
  { weight: 4, arbitrary: fc.record({ do: fc.constant('grow' as const), which }) },
  fc.record({ do: fc.constantFrom('finish' as const, 'fail' as const, 'keep' as const), which }),
  { weight: 3, arbitrary: fc.record({ do: fc.constant('tell' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cut' as const), after: fc.nat({ max: 6 }) }) },
);

const createdAt = '2026-11-01T00:00:00.000Z';
const at = { conversationId: 'inner', attachments: [], createdAt };

/** One conversation, of which everything is known. */
class World {
  version = 0;
  readonly messages: Message[] = [];
  readonly running: { readonly id: string; readonly createdAt: string; readonly steps: Step[] }[] = [];
  readonly kept: string[] = [];
  readonly replaced = new Set<string>();
  buried: View['buried'][number][] = [];
  /** The whole text of each reply. */
  readonly said = new Map<string, string>();

  view(): View {
    return {
      ...{ version: this.version, mode: 'ai', last: this.messages.length, losses: 0, lostFrom: 0 },
      messages: [...this.messages],
      replies: new Map(this.running.map((reply) => [reply.id, { ...reply, steps: [...reply.steps] }])),
      buried: [...this.buried],
    };
  }
  private bury(id: string, rest: Pick<Message, 'sequence' | 'status'> & { readonly replacement?: Message }): void {
    this.version += 1;
    const seen = this.running.find((reply) => reply.id === id);
    const index = this.running.findIndex((reply) => reply.id === id);
    if (index >= 0) this.running.splice(index, 1);
    this.buried = [
      ...this.buried.filter((one) => one.id !== id),
      { id, version: this.version, ...rest, ...(seen && { seen: { ...seen, steps: [...seen.steps] } }) },
    ];
  }
  private store(id: string, role: Message['role'], text: string, status: Message['status']): Message {
    const message = { ...at, id, role, text, items: [], suggestions: [], status, sequence: this.messages.length + 1 };
    this.messages.push(message);
    return message;
  }
  take(deed: Exclude<Deed, { readonly do: 'tell' | 'cut' }>): void {
    if (deed.do === 'say') this.store(randomUUID(), 'visitor', 'Hello', 'complete');
    else if (deed.do === 'begin') {
      const id = randomUUID();
      this.running.push({ id, createdAt, steps: [] });
      this.said.set(id, '');
    } else if (deed.do === 'replace') {
      const id = this.kept.shift();
      const sequence = 1 + this.messages.findIndex((message) => message.id === id);
      const old = this.messages[sequence - 1];
      if (id === undefined || old === undefined) return;
      const text = `${old.text}, whole`;
      const message = { ...old, text, status: 'complete' as const };
      this.messages[sequence - 1] = message;
      this.said.set(id, text);
      this.replaced.add(id);
      this.bury(id, { sequence, status: 'complete', replacement: message });
    } else if ('which' in deed) {
      const reply = this.running[deed.which % Math.max(this.running.length, 1)];
      if (reply === undefined) return;
      const { id, steps } = reply;
      const text = `${this.said.get(id)?.length},`;
      if (deed.do === 'fail') this.bury(id, { sequence: 0, status: 'failed' });
      else if (deed.do === 'grow') {
        addSteps(steps, [{ type: 'text-delta', text }]);
        this.said.set(id, (this.said.get(id) ?? '') + text);
      } else {
        const status = deed.do === 'keep' ? 'failed' : 'complete';
        const { sequence } = this.store(id, 'assistant', this.said.get(id) ?? '', status);
        if (deed.do === 'keep') this.kept.push(id);
        this.bury(id, { sequence, status });
      }
    }
  }
}

const begin = (): Cursor => ({ version: 0, sequence: 0, mode: 'ai', replies: new Map() });

/** What of the entries is heard of each reply while it grows, and its ends. */
function heardOf(entries: readonly FeedEntry[]) {
  const texts = new Map<string, string>();
  const ends = new Map<string, string[]>();
  const stored: number[] = [];
  for (const { event } of entries) {
    if (event.type === 'reply-progress' && event.progress.type === 'text-delta') {
      texts.set(event.replyId, (texts.get(event.replyId) ?? '') + event.progress.text);
    } else if (event.type === 'message') {
      const { id, status, sequence } = event.message;
      ends.set(id, [...(ends.get(id) ?? []), status]);
      if (sequence > 0 && !stored.includes(sequence)) stored.push(sequence);
    }
  }
  return { texts, ends, stored };
}

describe('the difference between what is and a cursor', () => {
  it('tells each part once, whatever happens between two looks, and wherever a follower is cut off', () => {
    const lives = fc.array(deed, { maxLength: 60, size: 'max' });
    fc.assert(
      fc.property(lives, (deeds) => {
        const world = new World();
        const heard: FeedEntry[] = [];
        let follower: Follower = createFollower('shown', begin(), world.view());
        for (const next of [...deeds, { do: 'tell' as const }]) {
          if (next.do !== 'tell' && next.do !== 'cut') world.take(next);
          else {
            const told = follower.tell(world.view()) ?? [];
            if (next.do === 'tell') heard.push(...told);
            else {
              heard.push(...told.slice(0, next.after));
              const cursor = readCursor(heard.at(-1)?.position) ?? begin();
              follower = createFollower('shown', cursor, world.view());
            }
          }
        }
        const { texts, ends, stored } = heardOf(heard);
        // What took another's place comes with its end, after later messages.
        expect(stored.sort((one, other) => one - other)).toEqual(world.messages.map(({ sequence }) => sequence));
        for (const [id, text] of texts) expect(world.said.get(id)?.startsWith(text)).toBe(true);
        for (const { id, steps } of world.running) {
          expect(texts.get(id) ?? '').toBe(steps.map((step) => (step.type === 'text-delta' ? step.text : '')).join(''));
        }
        for (const [id, statuses] of ends) {
          // Only what was kept of a reply is told twice: as it was kept, and whole.
          expect(new Set(statuses).size).toBe(statuses.length);
          const last = world.messages.find((message) => message.id === id)?.status ?? 'failed';
          expect(statuses.at(-1)).toBe(last);
        }
        // What ended in the store was heard to its end before.
        for (const { id, status, text } of world.messages) {
          if (!texts.has(id) || status !== 'complete') continue;
          if (world.replaced.has(id)) expect(text.startsWith(texts.get(id) ?? '')).toBe(true);
          else expect(texts.get(id)).toBe(text);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('is written in a cursor that every process reads', () => {
    const length = fc.nat({ max: 999_999_999 });
    const told = fc.record({ text: length, items: length, suggestions: length, isCutInto: fc.boolean() });
    const key = fc.stringMatching(/^[0-9a-f]{8}$/);
    const cursors = fc.record({
      version: fc.nat(),
      sequence: fc.nat(),
      mode: fc.constantFrom('ai' as const, 'operator' as const, undefined),
      replies: fc.array(fc.tuple(key, told), { maxLength: 16 }).map((pairs) => new Map(pairs)),
    });
    fc.assert(
      fc.property(cursors, (cursor) => {
        expect(readCursor(writeCursor(cursor))).toEqual(cursor);
      }),
    );
    expect(readCursor('0')).toEqual({ version: 0, sequence: 0, mode: undefined, replies: new Map() });
    for (const text of [undefined, '', '1', 'x', '1-2.zz', '1-2 ', '1-2.12345678:1:2', '-1-2']) {
      expect(readCursor(text)).toBeUndefined();
    }
  });

  it('tells that a reply has failed that is nowhere any more', () => {
    const cursor = readCursor('5-0a.12345678:3:0:0') ?? begin();
    const is = new World().view();
    const follower = createFollower('shown', cursor, is);
    expect([follower.tell(is), follower.misses(is)]).toEqual([[], true]);
    const [failed] = follower.abandon(is);
    expect(failed?.event).toMatchObject({ type: 'message', message: { status: 'failed', sequence: 0 } });
    expect(follower.misses(is)).toBe(false);
  });
});
