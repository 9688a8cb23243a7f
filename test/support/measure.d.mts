import type { SpawnedProgram } from './program.mjs';

export declare const measurable: readonly string[];

export interface Usage {
  readonly heapUsed: number;
  readonly external: number;
  readonly rss: number;
  readonly cpuMicroseconds: number;
  readonly mainMicroseconds: number;
  readonly anonymous: number;
}
export declare function measure(
  program: Pick<SpawnedProgram, 'child'>,
  how?: { readonly collect?: boolean },
): Promise<Usage>;
