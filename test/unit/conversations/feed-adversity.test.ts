import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { FeedEntry } from '../../../src/canonical/index.ts';
import { openEmbeddedStore } from '../../../src/stores/embedded/index.ts';
import type { Store } from '../../../src/stores/store.ts';
import { type FeedProcess, type Follower, startFeedProcess } from '../../support/feed-process.ts';
import { createHandLog, type HandLog } from '../../support/hand-log.ts';
import { draftConversation } from '../../support/store-drafts.ts';

let folder: string;
let store: Store;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dragoman-'));
  store = await openEmbeddedStore({ path: folder });
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

type Step =
  | { readonly do: 'say' }
  /** An operator does. */
  | { readonly do: 'publish'; readonly at: number }
  | { readonly do: 'read'; readonly at: number; readonly count: number }
  | { readonly do: 'follow'; readonly at: number }
  | { readonly do: 'move'; readonly which: number; readonly to: number }
  | { readonly do: 'away' | 'back' | 'lose'; readonly at: number }
  | { readonly do: 'forget'; readonly count: number }
  /** Time passes: more than a channel stays without followers. */
  | { readonly do: 'pass' };

const at = fc.nat({ max: 2 });
const gentle: readonly fc.WeightedArbitrary<Step>[] = [
  { weight: 4, arbitrary: fc.record({ do: fc.constant('say' as const) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('read' as const), at, count: fc.integer({ min: 1, max: 8 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('publish' as const), at }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('follow' as const), at }) },
];
const moves: fc.WeightedArbitrary<Step> = {
  weight: 2,
  arbitrary: fc.record({ do: fc.constant('move' as const), which: fc.nat({ max: 4 }), to: at }),
};
const harsh: readonly fc.WeightedArbitrary<Step>[] = [
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('away' as const, 'back' as const, 'lose' as const), at }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const), count: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pass' as const) }) },
];
const lifeOf = (...steps: readonly fc.WeightedArbitrary<Step>[]) =>
  fc.array(fc.oneof(...steps), { minLength: 10, maxLength: 50, size: 'max' });

/** Of what processes keep. */
type Bounds = Partial<Record<'maxTicks' | 'maxCharacters' | 'maxTicksInAll', number>>;

/** Three processes, of which the first answers while steps are taken. */
class World {
  readonly log: HandLog = createHandLog();
  readonly processes: FeedProcess[] = [];
  readonly followers: Follower[] = [];
  /** What followers were told before they moved on. */
  readonly before = new Map<Follower, readonly FeedEntry[]>();
  chat = '';
  said = '';

  async open(bounds: Bounds): Promise<void> {
    const settings = { ...bounds, lingerMs: 5_000, signMs: 3_600_000 };
    for (let index = 0; index < 3; index += 1) {
      this.processes.push(await startFeedProcess({ log: this.log, store, settings }));
    }
    this.chat = (await store.openConversation(draftConversation())).conversation.id;
  }
  process(index: number): FeedProcess {
    const process = this.processes[index];
    if (process === undefined) throw new Error(`There is no process ${index}`);
    return process;
  }
  /** Begins to follow, while all others read nothing. One that cannot begin is gone. */
  async follow(index: number, after?: string): Promise<Follower | undefined> {
    const process = this.process(index);
    const reading = setInterval(() => process.read(), 0);
    const follower = await process.follow(this.chat, after).catch(() => undefined);
    clearInterval(reading);
    if (follower !== undefined) this.followers.push(follower);
    return follower;
  }
  async move(which: number, to: number): Promise<void> {
    const [old] = this.followers.splice(which % this.followers.length, 1);
    if (old === undefined) return;
    await old.leave();
    const follower = await this.follow(to, old.last());
    if (follower !== undefined) this.before.set(follower, [...(this.before.get(old) ?? []), ...old.entries]);
  }
  async take(step: Step, say: (text: string) => void): Promise<void> {
    if (step.do === 'say') {
      const text = `${this.said.length},`;
      this.said += text;
      say(text);
    } else if (step.do === 'publish') await this.process(step.at).publish(this.chat, `said at ${step.at}`);
    else if (step.do === 'read') this.process(step.at).read(step.count);
    else if (step.do === 'follow') await this.follow(step.at);
    else if (step.do === 'move') await this.move(step.which, step.to);
    else if (step.do === 'forget') this.log.forget(step.count);
    else if (step.do === 'pass') this.log.pass(6_000);
    else if (step.do === 'lose') this.process(step.at).lose();
    else this.process(step.at).isAway = step.do === 'away';
    await turn();
  }
  /** Everything is well again, everybody says something, as processes do now and then, and reads all. */
  async mend(): Promise<void> {
    for (const process of this.processes) process.isAway = false;
    for (const process of this.processes) await process.publish(this.chat, 'well');
    for (let quiet = 0; quiet < 5; ) {
      const { length } = this.log;
      for (const process of this.processes) process.read();
      await new Promise((resolve) => setTimeout(resolve, 4)); // more than the time after which a log is tried again
      quiet = this.log.length === length ? quiet + 1 : 0;
    }
  }
  async close(): Promise<void> {
    for (const follower of this.followers) await follower.leave();
    for (const { feed } of this.processes) await feed.close();
  }
}

interface Run {
  readonly steps: readonly Step[];
  readonly bounds?: Bounds;
}

async function run({ steps, bounds = {} }: Run, check: (follower: Follower, world: World) => void): Promise<void> {
  const world = new World();
  await world.open(bounds);
  const [answering] = world.processes;
  if (answering === undefined) throw new Error('Nobody answers');
  await world.follow(1);
  const answer = answering.answer(world.chat);
  for (const step of steps) await world.take(step, answer.say);
  await world.mend();
  const { id } = await answer.end();
  await world.mend();
  const stored = await store.messagesAfter(world.chat, 0, 1_000);
  try {
    for (const follower of world.followers) {
      await vi.waitFor(() => expect(follower.messages().map((message) => message.id)).toContain(id), {
        timeout: 2_000,
      });
      // Every message once, in the order in which they were stored, from where it began.
      const told = [...(world.before.get(follower) ?? []), ...follower.entries].flatMap(({ event }) =>
        event.type === 'message' ? [event.message.sequence] : [],
      );
      const all = stored.map(({ sequence }) => sequence);
      expect(told).toEqual(all.slice(all.length - told.length));
      check(follower, world);
    }
  } finally {
    await world.close();
  }
}

const textOf = (entries: readonly FeedEntry[]): string =>
  entries
    .map(({ event }) =>
      event.type === 'reply-progress' && event.progress.type === 'text-delta' ? event.progress.text : '',
    )
    .join('');

describe('followers of a reply', () => {
  it('hear all of it once, however late everybody reads, and wherever they move', async () => {
    const steps = lifeOf(...gentle, moves);
    await fc.assert(
      fc.asyncProperty(steps, (taken) =>
        run({ steps: taken }, (follower, { before, said }) => {
          expect(textOf([...(before.get(follower) ?? []), ...follower.entries])).toBe(said);
        }),
      ),
      { numRuns: 40 },
    );
  }, 120_000);

  it('hear nothing twice and leave out nothing, whatever the log loses, and whenever it is away', async () => {
    const steps = lifeOf(...gentle, ...harsh);
    const bounds = fc.constantFrom<Bounds>({}, { maxTicks: 3 }, { maxCharacters: 500 }, { maxTicksInAll: 4 });
    const lives = fc.record({ steps, bounds });
    await fc.assert(
      fc.asyncProperty(lives, (life) => run(life, (follower, { said }) => expect(follower.text()).toBe(said))),
      { numRuns: 60 },
    );
  }, 120_000);
});
