import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';

/** Beyond `some` callers who are not known are refused, beyond `all` everybody is. */
interface Marks {
  readonly some: number;
  readonly all: number;
}

/** How late timers are by our own work, in milliseconds. Our choice: whoever asks how we are is to be answered within a second. */
const defaultDelay: Marks = { some: 500, all: 1_000 };
/** Parts of what V8 may have of old objects. Our choice. */
const defaultMemory: Marks = { some: 0.8, all: 0.9 };

/** How often the delay is looked at, in milliseconds, and how many looks it is the median of: one long step is no strain. Our choice. */
const lookEveryMs = 100;
const looks = 5;
/** What was left after a collection says nothing after so long: there would have been another one. In milliseconds. Our choice. */
const memoryStandsMs = 5_000;
/** Bytes outside of V8's heap weigh more: where a container has twice the heap, they are what is beside it. Our choice. */
const outsideWeight = 1.2;

/** V8 counts its young generation in the limit of its heap, three spaces of 16 MB unless set: what is left after a collection has no part of those. */
const youngBytes = 50_331_648;

/** How hard the process is put to it. */
export interface Strain {
  /** Why nothing new is to be taken on; `undefined` if it may be. Whether its caller is known is asked only under strain. */
  against(isKnown: () => boolean): 'delay' | 'memory' | undefined;
  close(): Promise<void>;
}

export interface StrainOptions {
  readonly delay?: Marks;
  readonly memory?: Marks;
}

/** Watches how late the process is, and how much memory each full collection leaves. */
export function watchStrain({ delay = defaultDelay, memory = defaultMemory }: StrainOptions = {}): Strain {
  const late: number[] = [];
  let lateMs = 0;
  let lookedAt = performance.now();
  let workedBefore = cpuMs();
  const timer = setInterval(() => {
    const now = performance.now();
    const worked = cpuMs();
    // Who is late because the machine is busy with others would refuse what it is not busy with itself.
    late.push(Math.min(now - lookedAt - lookEveryMs, worked - workedBefore));
    lookedAt = now;
    workedBefore = worked;
    if (late.length <= looks) return;
    late.shift();
    lateMs = late.toSorted((one, other) => one - other)[Math.floor(looks / 2)] ?? 0;
  }, lookEveryMs).unref();

  let used = 0;
  let usedAt = Number.NEGATIVE_INFINITY;
  const collections = new PerformanceObserver((list) => {
    if (!list.getEntries().some(isFull)) return;
    const { used_heap_size, heap_size_limit, external_memory } = getHeapStatistics();
    used = Math.max(used_heap_size, external_memory * outsideWeight) / (heap_size_limit - youngBytes);
    usedAt = performance.now();
  });
  collections.observe({ entryTypes: ['gc'] });

  const isBeyond = (value: number, { some, all }: Marks, isKnown: () => boolean): boolean =>
    value >= all || (value >= some && !isKnown());
  return {
    against(isKnown) {
      if (isBeyond(lateMs, delay, isKnown)) return 'delay';
      if (used < memory.some || performance.now() - usedAt > memoryStandsMs) return undefined;
      return isBeyond(used, memory, isKnown) ? 'memory' : undefined;
    },
    async close() {
      clearInterval(timer);
      collections.disconnect();
    },
  };
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** The kind of a collection is documented with `performanceEntry.detail`, of which Node's types do not know. */
const isFull = (entry: PerformanceEntry): boolean =>
  (entry as { readonly detail?: { readonly kind?: number } }).detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR;
