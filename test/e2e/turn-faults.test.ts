import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type FaultedTurns,
  openFaultedTurns,
  type Point,
  stopped,
  type TurnsOutcome,
} from '../support/faulted-turns.ts';
import { hasAll, hasProgram } from '../support/needs.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';

/** So many turns are under way at once: most of them wait for a lease to end. */
const lanes = 24;

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))(
  'at each point of a turn that is followed',
  () => {
    let redis: RedisServer;
    let turns: FaultedTurns;
    let points: readonly Point[];
    beforeAll(async () => {
      redis = await startRedis();
      turns = await openFaultedTurns(redis.port);
      ({ points } = await turns.run());
    });
    afterAll(async () => {
      await turns.close();
      await redis.remove();
    });

    it('there are commands of the store and steps of the upstream', () => {
      const found = points.map(({ what, when }) => `${when} ${what}`);
      const some = ['claim #1', 'appendMessage #1', 'growReplies #1', 'head #1', 'end #1', 'appendReply #1'];
      expect(found).toEqual(expect.arrayContaining(some.flatMap((what) => [`before ${what}`, `after ${what}`])));
    });

    it.each(stopped)(
      'the %s may stop: what was acknowledged is kept, one process asks at a time, what is stored is not asked for again, nobody waits for ever',
      async (stops) => {
        const left = points.map((point) => ({ ...point, tries: 3 }));
        const wrong: unknown[] = [];
        async function work(): Promise<void> {
          for (let point = left.shift(); point !== undefined; point = left.shift()) {
            const { what, when } = point;
            const outcome = await turns.run({ what, when, stops });
            const isMet = outcome.points.some((one) => one.what === what && one.when === when);
            // On a busy machine words come together, and are written together, and what follows an answer may be late.
            if (!isMet && point.tries > 1) left.push({ ...point, tries: point.tries - 1 });
            else if (!isMet && !what.startsWith('growReplies')) wrong.push({ ...point, is: 'not met' });
            const faults = faultsOf(outcome);
            if (faults.length > 0) wrong.push({ ...point, faults, ...outcome, points: undefined });
          }
        }
        await Promise.all(Array.from({ length: lanes }, work));
        expect(wrong).toEqual([]);
      },
      240_000,
    );
  },
);

function faultsOf({ answer, again, asks, mostAtOnce, asksAfter, history, told }: TurnsOutcome): readonly string[] {
  const replies = history.filter(([role]) => role === 'assistant');
  const whole = replies.filter(([, , status]) => status === 'complete').map(([, text]) => text);
  const laws: Readonly<Record<string, boolean>> = {
    'it is answered': answer !== undefined,
    'the answer is kept, and is the only one': whole.length === 1 && whole[0] === answer,
    'the answer is the last of all': replies.at(-1)?.[1] === answer,
    'whoever asks again gets it': again.every((text) => text === answer),
    'the visitor spoke once': history.filter(([role]) => role === 'visitor').length === 1,
    'one asks at a time': mostAtOnce === 1,
    'it is asked no more than once again': asks <= 2,
    'what is stored is not asked for again': asksAfter === 0,
    'the follower is told the answer': told.at(-1)?.content === answer && told.at(-1)?.status === 'completed',
    'the follower is told each word once': wordsAreOf(told),
  };
  return Object.entries(laws).flatMap(([law, holds]) => (holds ? [] : [law]));
}

/** Whether what was told of a reply while it grew is all of it, from its beginning: of the whole one, and of those that broke off as far as they came. */
function wordsAreOf(told: TurnsOutcome['told']): boolean {
  let words = '';
  return told.every(({ content, status, toolName }) => {
    if (toolName === 'typing' || status === 'failed') words = '';
    else if (status === 'completed') return words === '' || words === content;
    else words += content;
    return /^(\d: (one (two (three)?)?)?)?$/.test(words);
  });
}
