import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { WrittenConfig } from './written.ts';

/** As many as may be written. */
const most = 64;
/** Where Linux tells a container how much of the machine it may use: microseconds of all cores in so many. Node 20 does not look there. */
const boundFile = '/sys/fs/cgroup/cpu.max';

/** How many processes serve. `auto` is one for each core, as many as there were when it was first asked. */
export function resolveProcesses(written: WrittenConfig['processes'] = 1, cores = usableCores()): number {
  return written === 'auto' ? Math.min(cores, most) : written;
}

/** How many of a machine's cores can be used under a bound as `cpu.max` tells it; without one all of them. */
export function coresOf(all: number, bound = 'max'): number {
  const [microseconds, of] = bound.trim().split(' ').map(Number);
  const bounded = Math.floor(Number(microseconds) / Number(of));
  return Number.isNaN(bounded) ? all : Math.max(1, Math.min(all, bounded));
}

let known: number | undefined;

function usableCores(): number {
  known ??= coresOf(availableParallelism(), readBound());
  return known;
}

function readBound(): string | undefined {
  try {
    return readFileSync(boundFile, 'utf8');
  } catch {
    return undefined; // no container, or another system
  }
}
