import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from './program.mjs';

export interface Prometheus {
  /** The samples that an expression gives now, each with its labels. Throws what Prometheus says of one that is none. */
  query(
    expression: string,
  ): Promise<readonly { readonly metric: Readonly<Record<string, string>>; readonly value: number }[]>;
  close(): Promise<void>;
}

/** A Prometheus of our own, with our rules, that reads these pages every second under the job `dragoman`. */
export async function startPrometheus(targets: readonly string[]): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'dragoman-prometheus-'));
  const config = join(folder, 'prometheus.yml');
  await writeFile(
    config,
    stringify({
      global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
      rule_files: [resolve('config/prometheus/alerts.yaml')],
      scrape_configs: [{ job_name: 'dragoman', static_configs: [{ targets }] }],
    }),
  );
  const port = await freePort();
  const settings = [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, 'data')}`];
  const child: ChildProcess = spawn('prometheus', [...settings, `--web.listen-address=127.0.0.1:${port}`], {
    stdio: 'ignore',
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'exit');
  return {
    async query(expression) {
      const url = `http://127.0.0.1:${port}/api/v1/query?${new URLSearchParams({ query: expression }).toString()}`;
      const answer = (await (await fetch(url)).json()) as Answer;
      if (answer.status !== 'success') throw new Error(`${expression}: ${answer.error}`);
      return answer.data.result.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }));
    },
    async close() {
      process.off('exit', kill);
      kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** As Prometheus documents it. */
type Answer =
  | {
      readonly status: 'success';
      readonly data: {
        readonly result: readonly {
          readonly metric: Record<string, string>;
          readonly value: readonly [number, string];
        }[];
      };
    }
  | { readonly status: 'error'; readonly error: string };
