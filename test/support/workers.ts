import { request } from 'node:http';
import { expect } from 'vitest';
import { readMetric } from './metrics.ts';
import { type StartedProgram, startProgram, writeConfig } from './program.mjs';

/** Starts a program with workers over a Redis, and waits until all of them serve. */
export async function startWorkers(
  folder: string,
  { redis, size = 2, change }: { readonly redis: string; readonly size?: number; change?(config: any): void },
): Promise<StartedProgram> {
  const path = await writeConfig(folder, (config) => {
    config.store = { engine: 'redis', url: redis };
    config.processes = size;
    config.log.level = 'info';
    change?.(config);
  });
  const program = await startProgram({ environment: { DRAGOMAN_CONFIG: path } });
  await expect.poll(() => readMetric(program.url, 'dragoman_workers'), { timeout: 20_000 }).toBe(size);
  return program;
}

/** The log lines of a program, parsed. */
export const linesOf = ({ printed }: Pick<StartedProgram, 'printed'>): readonly any[] =>
  printed.stdout
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line));

/** The process ids of all workers that have begun so far, in that order. */
export const workersOf = (program: Pick<StartedProgram, 'printed'>): readonly number[] => [
  ...new Set(linesOf(program).flatMap(({ pid, msg }) => (msg === 'catalogue loaded' ? [pid as number] : []))),
];

/** Whether a process is there. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The status of a request on a connection of its own; `undefined` where the connection is refused or breaks. */
export function statusOf(url: string, { path = '/v1/models', timeoutMs = 10_000 } = {}): Promise<number | undefined> {
  return new Promise((resolve) => {
    const asking = request(
      `${url}${path}`,
      { agent: false, headers: { authorization: 'Bearer demo-key' } },
      (answer) => {
        answer.resume().once('end', () => resolve(answer.statusCode));
      },
    );
    asking.setTimeout(timeoutMs, () => asking.destroy());
    asking.once('error', () => resolve(undefined)).end();
  });
}
