import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { examine, examineOthers } from '../crash/history.mjs';
import type { Ledger } from '../crash/ledger.mjs';
import { createVisitor } from '../crash/visitor.mjs';
import { emptyFolder, removeFolder, writeConfig } from '../support/program.mjs';
import { speakers } from '../support/speakers.mjs';
import { type Fleet, startFleet } from './fleet.ts';
import { callWithoutEnd, countWindows, exceeded, limitedKey, type Span } from './limited.ts';
import { type Outcome, outcomeOf } from './outcomes.ts';

export interface Chaos {
  /** Where Redis is, as the configuration says it. */
  readonly place: Readonly<Record<string, unknown>>;
  readonly conversations: number;
  /** Breaks Redis, once, and resolves when it is to be whole again. */
  breakRedis(): Promise<void>;
}

export interface Verdict {
  /** In words; none if all that was acknowledged is there once, and nothing ended as it may not. */
  readonly problems: readonly string[];
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly kills: number;
  /** Calls that a limit refused. */
  readonly limited: number;
  /** In one line. */
  readonly summary: string;
}

const processes = 4;
/** Conversations at once. */
const crowd = 64;
const killEveryMs = 3_000;
/** A visitor who gets no answer for so long gives up. */
const patienceMs = 60_000;
const echo = { type: 'module', path: fileURLToPath(new URL('./echo.mjs', import.meta.url)) };

/**
 * Has visitors of all dialects talk through gateways that are killed one after the other, over a Redis that breaks once, and judges
 * what is kept.
 */
export async function runChaos(chaos: Chaos): Promise<Verdict> {
  const folder = await emptyFolder();
  const config = await writeConfig(folder, (demo) => {
    demo.store = { engine: 'redis', ...chaos.place, durability: 'acknowledged' };
    demo.backends.shop = { ...echo, options: { pieces: 6, pauseMs: 20 } };
    delete demo.catalogs;
    demo.tenants[0].keys.push(limitedKey);
  });
  const fleet = await startFleet(processes, config);
  try {
    return await judge(chaos, fleet);
  } finally {
    await fleet.kill();
    await removeFolder(folder);
  }
}

async function judge({ conversations, breakRedis }: Chaos, fleet: Fleet): Promise<Verdict> {
  const problems = new Set<string>();
  const { ledgers, outcomes, ...talk } = beginTalk(conversations, fleet, problems);
  const over = new AbortController();
  const killing = killEveryNowAndThen(fleet, over.signal);
  const calling = callWithoutEnd(fleet, over.signal);
  await talk.halfway;
  const away = await timed(breakRedis);
  await talk.ended;
  over.abort();
  const [kills, calls] = await Promise.all([killing, calling]);
  const { problems: found, ...read } = await examine(fleet.web, ledgers);
  const doubled = await examineOthers(fleet.web, ledgers);
  const windows = countWindows(calls.admitted, away);
  for (const problem of [...found, ...doubled, ...answersOfOthers(ledgers), ...exceeded(windows)])
    problems.add(problem);
  for (const code of await fleet.close()) problems.add(`a gateway ended with ${code}`);
  const { answered, refused, failed, broken, untold } = outcomes;
  // What nobody told is what a process had still to tell when it was killed.
  if (untold > broken) problems.add(`${untold} replies were not told in time to who listened`);
  const summary =
    `${ledgers.length} conversations, ${answered} calls answered, ${refused} refused, ${failed} failed in the stream, ` +
    `${broken} broken off by ${kills} kills, ${untold} told late; ${read.messages} messages read in ${read.conversations} conversations; ` +
    `${calls.admitted.length} limited calls let in and ${calls.refused} refused, ${windows.join(', ')} a window; ${problems.size} problems`;
  return { problems: [...problems], outcomes, kills, limited: calls.refused, summary };
}

/** Lets so many conversations be held, some at once, each through any processes. What may not be goes to `problems`, in words. */
function beginTalk(conversations: number, { web }: Fleet, problems: Set<string>) {
  const ledgers: Ledger[] = [];
  const outcomes: Record<Outcome, number> = { answered: 0, refused: 0, failed: 0, broken: 0, untold: 0 };
  const names = Object.keys(speakers);
  const queue = Array.from({ length: conversations }, (_, index) => names[index % names.length] ?? '').values();
  let sayHalfway = () => {};
  const halfway = new Promise<void>((resolve) => {
    sayHalfway = resolve;
  });

  async function hold(name: string): Promise<void> {
    const turnsOfConversation = 2 + Math.floor(Math.random() * 2);
    const visitor = createVisitor({ name, web, ledgers, turnsOfConversation });
    for (let since = performance.now(); visitor.ended() === 0; ) {
      try {
        await visitor.step();
        outcomes.answered += 1;
        since = performance.now();
      } catch (failure) {
        const outcome = outcomeOf(failure);
        if (outcome === undefined) problems.add(`${name}: ${inWords(failure)}`);
        else outcomes[outcome] += 1;
        if (performance.now() - since > patienceMs) {
          problems.add(`${name}: gave up after ${inWords(failure)}`);
          return;
        }
        await pause(50 + Math.random() * 100); // as a good client does
      }
    }
  }
  async function holdAll(): Promise<void> {
    for (const name of queue) {
      await hold(name);
      if (ledgers.length > conversations / 2) sayHalfway();
    }
  }
  const ended = Promise.all(Array.from({ length: crowd }, holdAll)).then(sayHalfway);
  return { ledgers, outcomes, halfway, ended };
}

/** Kills one process after the other until it is told to stop. Gives how many it killed. */
async function killEveryNowAndThen(fleet: Fleet, signal: AbortSignal): Promise<number> {
  for (let kills = 0; ; kills += 1) {
    const isDue = pause(killEveryMs, undefined, { signal }).catch(() => undefined);
    if (kills > 0) await fleet.replaceOne();
    await isDue;
    if (signal.aborted) return kills;
  }
}

/** When something began, and when its effects are over: who had lost Redis is back by then. */
async function timed(work: () => Promise<void>): Promise<Span> {
  const from = Date.now();
  await work();
  return { from, to: Date.now() + 10_000 };
}

const inWords = (failure: unknown): string =>
  failure instanceof Error ? `${failure.name}: ${failure.message}` : String(failure);

/** Each reply names the turn that it answers. */
function answersOfOthers(ledgers: readonly Ledger[]): readonly string[] {
  return ledgers.flatMap(({ name, id, turns }) =>
    turns.flatMap(({ text, reply }) =>
      reply === undefined || reply.startsWith(`“${text}”`)
        ? []
        : [`${name} ${id}: “${text}” was answered with ${reply}`],
    ),
  );
}
