import { describe, expect, it } from 'vitest';
import type { ChatStream } from '../../../src/canonical/index.ts';
import { createRunningReplies } from '../../../src/conversations/running-replies.ts';

const key = { tenantId: 'tenant', scope: 'key:storefront', key: 'm_1' };
const reply = { fingerprint: 'f', conversationId: 'c', backend: 'shop' };
const never = new AbortController().signal;

describe('a message that is sent again after its first attempt was given up', () => {
  it('is joined by a third, also once the first attempt is over', async () => {
    const running = createRunningReplies();
    let release = (): void => undefined;
    const isOver = new Promise<void>((resolve) => {
      release = resolve;
    });
    let hasThrown = (): void => undefined;
    const first = new Promise<void>((resolve) => {
      hasThrown = resolve;
    });
    async function* givenUp(): ChatStream {
      yield [{ type: 'reply-start', replyId: '1' }];
      await isOver;
      hasThrown();
      throw new Error('kept as interrupted');
    }
    async function* second(): ChatStream {
      yield [{ type: 'reply-start', replyId: '2' }];
      await new Promise(() => undefined);
    }
    const leaving = new AbortController();
    const reader = running
      .share(key, reply, { start: givenUp, deserted: 'stop', cutOff: never })
      .read(leaving.signal)
      [Symbol.asyncIterator]();
    await reader.next();
    const waiting = reader.next().catch(() => undefined);
    leaving.abort(new Error('left'));
    await waiting;
    const again = running.share(key, reply, { start: second, deserted: 'stop', cutOff: never });
    await again.read(never)[Symbol.asyncIterator]().next();
    release();
    await first;
    await new Promise((resolve) => setImmediate(resolve));
    expect(running.shared(key)).toBeDefined();
  });
});
