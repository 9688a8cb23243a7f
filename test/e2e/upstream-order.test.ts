import { afterEach, describe, expect, it } from 'vitest';
import { type BackToBack, runBackToBack } from '../support/back-to-back.ts';
import { dataOf, openStream } from '../support/client.ts';

let pair: BackToBack | undefined;
afterEach(() => pair?.close());

const say = ({ near }: BackToBack, session: string, message: string) =>
  openStream(`${near.url}/api/v1/chat/stream`, { json: { site_key: 'sk_demo', session_id: session, message } });

describe('turns of one conversation that an upstream takes one after the other', () => {
  it.each(['homie', 'tenant-chats'] as const)(
    'wait at no expense of the time of their first words, nor of other visitors: %s',
    async (dialect) => {
      pair = await runBackToBack(dialect, { timeouts: { firstEvent: '2s' }, breaker: { failures: 1 }, concurrent: 2 });
      const first = say(pair, 'one', 'First');
      const reply = await pair.script.next();
      reply.say({ type: 'text-delta', text: 'Well, ' });
      const told = await first;
      const rest = ['Second', 'Third'].map((message) => say(pair as BackToBack, 'one', message)); // it is set above
      await new Promise((resolve) => setTimeout(resolve, 2_500)); // longer than a first word may take
      const other = say(pair, 'two', 'Hello');
      const answered = await pair.script.next();
      expect(answered.turn.text).toBe('Hello');
      answered.say({ type: 'text-delta', text: 'Hi' });
      answered.end();
      expect((await other).status).toBe(200);
      reply.end();
      for (let turns = 0; turns < rest.length; turns += 1) {
        const next = await pair.script.next();
        next.say({ type: 'text-delta', text: next.turn.text });
        next.end();
      }
      for (const stream of [told, ...(await Promise.all(rest))]) {
        expect(dataOf(await stream.rest()).at(-1)).toMatchObject({ type: 'done' });
      }
    },
  );
});
