import { LRUCache } from 'lru-cache';
import type { Counted, Counters, Rate } from '../coordination.ts';

/** Keys that are remembered of one group, half of them of those that came once. Each takes some 200 bytes. Our choice. */
const mostKeys = 65_536;

interface Window {
  count: number;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

export interface Windows extends Pick<Counters, 'count'> {
  count(group: string, key: string, rate: Rate): Counted;
}

/**
 * Counts calls by key in windows that begin with the first. Strangers choose keys, so that only so many are remembered: beyond that the
 * one that has not come for longest is forgotten, and begins anew. A key that came once pushes out none that came again: who calls by
 * ever new keys frees no other of its count, and no key gets fewer calls than it may.
 */
export function createWindows(most = mostKeys): Windows {
  const groups = new Map<string, Group>();
  return {
    count(group, key, { points, seconds }) {
      const of = groups.get(group) ?? createGroup(Math.ceil(most / 2));
      groups.set(group, of);
      const now = Date.now();
      const { count, until } = of.add(`${points} ${seconds} ${key}`, now, seconds * 1_000);
      return { admitted: count <= points, remaining: Math.max(points - count, 0), msLeft: until - now };
    },
  };
}

interface Group {
  add(name: string, now: number, lengthMs: number): Window;
}

function createGroup(max: number): Group {
  const cameOnce = new LRUCache<string, Window>({ max });
  const cameAgain = new LRUCache<string, Window>({ max });
  return {
    add(name, now, lengthMs) {
      const known = cameAgain.get(name) ?? cameOnce.get(name);
      if (known === undefined || known.until <= now) {
        const begun = { count: 1, until: now + lengthMs };
        cameAgain.delete(name);
        cameOnce.set(name, begun);
        return begun;
      }
      known.count += 1;
      if (known.count === 2) {
        cameOnce.delete(name);
        cameAgain.set(name, known);
      }
      return known;
    },
  };
}
