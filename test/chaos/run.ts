import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { examine, examineOthers } from '../crash/history.mjs';
import type { Ledger } from '../crash/ledger.mjs';
import { emptyFolder, removeFolder, writeConfig } from '../support/program.mjs';
import { crowded, mostOpen, overcrowded, streamWithoutEnd } from './crowded.ts';
import { type Fleet, startFleet } from './fleet.ts';
import { callWithoutEnd, countWindows, exceeded, limitedKey, type Span } from './limited.ts';
import type { Outcome } from './outcomes.ts';
import { beginTalk } from './talk.ts';
import { askTogether, together } from './together.ts';

export interface Chaos {
  /** Where Redis is, as the configuration says it. */
  readonly place: Readonly<Record<string, unknown>>;
  readonly conversations: number;
  readonly killEveryMs: number;
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
  /** How many limited calls each window let in. */
  readonly windows: readonly number[];
  /** How many streams of the key that asks for more than it may have were open at once at most. */
  readonly open: number;
  /** In one line. */
  readonly summary: string;
}

const processes = 4;
/** Whoever has lost Redis has it again by then, and has heard of it before; in milliseconds. */
const recoversMs = 10_000;
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
    demo.backends.uneven = { ...echo, options: together.options };
    delete demo.catalogs;
    demo.backends.timed = { ...echo, options: crowded.options };
    demo.tenants[0].keys.push(limitedKey, crowded.key);
    demo.tenants[0].sites.push(together.site);
  });
  const fleet = await startFleet(processes, config);
  try {
    return await judge(chaos, fleet);
  } finally {
    await fleet.kill();
    await removeFolder(folder);
  }
}

async function judge({ conversations, killEveryMs, breakRedis }: Chaos, fleet: Fleet): Promise<Verdict> {
  const problems = new Set<string>();
  const { ledgers, outcomes, ...talk } = beginTalk(conversations, fleet.web, problems);
  const [killing, calling] = [new AbortController(), new AbortController()];
  const killed = killEvery(killEveryMs, fleet, killing.signal);
  const called = callWithoutEnd(fleet, calling.signal);
  const crowding = streamWithoutEnd(fleet, calling.signal);
  const asked = askTogether(fleet.web, killing.signal);
  await talk.halfBegun;
  const away = await timed(breakRedis);
  await talk.allBegun;
  killing.abort();
  await talk.ended;
  calling.abort();
  const [kills, calls, crowd, groups] = await Promise.all([killed, called, crowding, asked]);
  const all = [...ledgers, ...groups.ledgers];
  const { problems: found, ...read } = await examine(fleet.web, all);
  const doubled = await examineOthers(fleet.web, all);
  const alone = fleet.insuredAt.map((at) => ({ from: at - recoversMs, to: at + recoversMs }));
  const windows = countWindows(calls.admitted, [away, ...alone]);
  const open = mostOpen(crowd.spans, [away, ...alone]);
  const limits = [...exceeded(windows), ...overcrowded(open)];
  const kept = [...found, ...doubled, ...answersOfOthers(all)];
  for (const problem of [...kept, ...groups.problems, ...crowd.problems, ...limits]) problems.add(problem);
  for (const code of await fleet.close()) problems.add(`a gateway ended with ${code}`);
  const { answered, refused, failed, broken, untold } = outcomes;
  // What nobody told in time is what a process had still to tell when it was killed.
  if (untold > kills) problems.add(`${untold} replies were not told in time to who listened`);
  const summary =
    `${all.length} conversations, ${answered} calls answered, ${refused} refused, ${failed} failed in the stream, ` +
    `${broken} broken off by ${kills} kills, ${untold} told late; ${read.messages} messages read in ${read.conversations} conversations; ` +
    `${calls.admitted.length} limited calls let in and ${calls.refused} refused, ${windows.join(', ')} a window; ` +
    `${crowd.spans.length} streams of many and ${crowd.refused} refused, ${open} open at once; ${problems.size} problems`;
  return { problems: [...problems], outcomes, kills, limited: calls.refused, windows, open, summary };
}

/** Kills one process after the other until it is told to stop. Gives how many it killed. */
async function killEvery(milliseconds: number, fleet: Fleet, signal: AbortSignal): Promise<number> {
  for (let kills = 0; ; kills += 1) {
    const isDue = pause(milliseconds, undefined, { signal }).catch(() => undefined);
    if (kills > 0) await fleet.replaceOne();
    await isDue;
    if (signal.aborted) return kills;
  }
}

/** When something began, and when its effects are over: who had lost Redis is back by then. */
async function timed(work: () => Promise<void>): Promise<Span> {
  const from = Date.now();
  await work();
  return { from, to: Date.now() + recoversMs };
}

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
