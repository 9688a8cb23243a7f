import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { coresOf, resolveProcesses } from '../../../src/config/processes.ts';

describe('processes', () => {
  it.each([
    ['all cores, where nothing is said', undefined, 8],
    ['all cores, where there is no bound', 'max 100000\n', 8],
    ['what a container may use', '200000 100000\n', 2],
    ['whole cores only', '250000 100000\n', 2],
    ['one at least', '50000 100000\n', 1],
    ['no more than there are', '1600000 100000\n', 8],
  ])('can use %s', (_what, bound, cores) => {
    expect(coresOf(8, bound)).toBe(cores);
  });

  it('are as many as are written, one unless written, and for auto one a core, but no more than may be written', () => {
    expect([undefined, 3, 'auto' as const].map((written) => resolveProcesses(written, 4))).toEqual([1, 3, 4]);
    expect(resolveProcesses('auto', 96)).toBe(64);
    expect(resolveProcesses('auto')).toBeLessThanOrEqual(availableParallelism());
  });
});
