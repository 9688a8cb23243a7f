import type { Reloaded } from '../app.ts';
import { type Config, ConfigError, filesOf } from '../config/index.ts';
import type { Logger } from '../observability/log.ts';
import type { ReloadMetrics } from '../observability/reload-metrics.ts';
import type { FileWatch } from './watch-files.ts';

export interface ReloadsOptions {
  /** Reads and checks the file. Throws an error that lists everything that is wrong with it, without a secret. */
  load(): Config;
  /** Has a configuration take over, if it can. */
  apply(config: Config): Promise<Reloaded>;
  readonly watch: FileWatch;
  readonly log: Logger;
  readonly metrics: ReloadMetrics;
}

export interface Reloads {
  /** Has the file take over as it is now. */
  request(): void;
  /** Looks at nothing any more. */
  close(): void;
}

/**
 * Has the configuration file take over whenever it is asked to, and when the file changes or one that it names. One after the other,
 * and the last one in the end; what cannot be used is told, and leaves everything as it is.
 */
export function createReloads({ load, apply, watch, log, metrics }: ReloadsOptions): Reloads {
  let asked = 0;
  let isRunning = false;
  let isClosed = false;

  const tryLoad = (): { readonly config?: Config; readonly files: readonly string[]; readonly problem?: string } => {
    try {
      const config = load();
      return { config, files: filesOf(config) };
    } catch (failure) {
      // It may fail for want of a file, which is then waited for.
      const files = failure instanceof ConfigError ? failure.files : [];
      return { files, problem: failure instanceof Error ? failure.message : String(failure) };
    }
  };

  const reload = async (): Promise<Reloaded> => {
    let found = tryLoad();
    // What it names may have changed before it was watched.
    while (await watch.followToo(found.files)) found = tryLoad();
    const { config, files, problem = '' } = found;
    if (config === undefined) return { outcome: 'refused', problem };
    await watch.follow(files);
    return apply(config);
  };

  const run = async (): Promise<void> => {
    isRunning = true;
    for (let answered = 0; answered !== asked && !isClosed; ) {
      answered = asked;
      const reloaded = await reload();
      metrics.reloaded(reloaded.outcome);
      if ('problem' in reloaded) log.error(reloaded, 'configuration reload failed: the last good one stays in force');
      else log.info(reloaded, 'configuration reloaded');
    }
    isRunning = false;
  };

  const request = (): void => {
    asked += 1;
    if (!isRunning && !isClosed) void run();
  };
  watch.whenChanged(request);

  return {
    request,
    close() {
      isClosed = true;
      watch.close();
    },
  };
}
