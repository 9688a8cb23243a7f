import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Failed } from '../support/speakers/answers.mjs';
import { Refused } from '../support/web.mjs';
import type { Fleet } from './fleet.ts';
import type { Span } from './limited.ts';
import { outcomeOf } from './outcomes.ts';

const secret = 'crowded-key';
const most = 3;
/** More than can be open: a stream takes longer than as many calls as may be. */
const callEveryMs = 100;

/** A key that may have fewer streams open than it asks for, and who answers it, as the configuration has them. */
export const crowded = {
  key: {
    name: 'crowded',
    sha256: createHash('sha256').update(secret).digest('hex'),
    dialects: ['openai'],
    agent: 'support-agent',
    route: { backend: 'timed' },
    limits: { openStreams: most },
  },
  options: { pieces: 6, pauseMs: 80, tellsTime: true },
};

export interface Crowd {
  /** When each stream was open for certain, by the clock of the process that gave it. */
  readonly spans: readonly Span[];
  readonly refused: number;
  /** In words: what became of a stream that may become of none. */
  readonly problems: readonly string[];
}

/** Begins streams with that key, through any process, until it is told to stop. */
export async function streamWithoutEnd({ web }: Fleet, signal: AbortSignal): Promise<Crowd> {
  const spans: Span[] = [];
  const problems: string[] = [];
  let refused = 0;
  const headers = { authorization: `Bearer ${secret}` };
  const json = { model: 'support-agent', messages: [{ role: 'user', content: 'Is anybody there?' }], stream: true };
  async function call(): Promise<void> {
    const times: number[] = [];
    try {
      for await (const frame of web.events('POST', '/v1/chat/completions', { headers, json })) {
        if (frame.startsWith('{"error"')) throw new Failed(frame);
        times.push(...[...frame.matchAll(/ at (\d{13})/g)].map(([, time]) => Number(time)));
      }
    } catch (failure) {
      if (failure instanceof Refused && failure.status === 429) refused += 1;
      else if (outcomeOf(failure) === undefined) problems.push(`a stream of many: ${String(failure)}`);
    }
    // Also of one that broke: it was open up to its last words.
    const [from, to] = [times[0], times.at(-1)];
    if (from !== undefined && to !== undefined) spans.push({ from, to });
  }
  const calls: Promise<void>[] = [];
  while (!signal.aborted) {
    calls.push(call());
    await pause(callEveryMs);
  }
  await Promise.all(calls);
  return { spans, refused, problems };
}

/**
 * How many streams were open at once at most. Those of times when Redis was away for any process are left out: each counts by itself then.
 */
export function mostOpen(spans: readonly Span[], away: readonly Span[]): number {
  const judged = spans.filter((span) => away.every(({ from, to }) => span.to < from || span.from > to));
  return Math.max(
    0,
    ...judged.map(({ from }) => judged.filter((other) => other.from <= from && from <= other.to).length),
  );
}

/** More streams than the limit, in words. */
export const overcrowded = (open: number): readonly string[] =>
  open > most ? [`${open} streams were open at once, of ${most}`] : [];
