import type { Catalog } from '../catalog/index.ts';
import type { Config } from '../config/index.ts';
import type { Prepared } from './generations.ts';
import type { Refused } from './restart.ts';
import type { Servers } from './servers.ts';

/** A gateway that is listening. */
export interface RunningGateway extends Omit<Servers, 'close'> {
  readonly catalogs: ReadonlyMap<string, Catalog>;
  /** The configuration in force. */
  readonly config: Config;
  /**
   * Opens what another configuration names, beside what is there; what has not changed is not made again. It takes over in one step
   * when it is told to: calls that run go on as they began, and new ones, turns over open sockets among them, are judged by it.
   */
  prepare(config: Config): Promise<Prepared>;
  /** Has another configuration take over, if it can. Never rejects. */
  reload(config: Config): Promise<Reloaded>;
  /** Refuses new calls, lets running ones end within the time (milliseconds), then closes the store. */
  close(withinMs: number): Promise<void>;
}

/** What came of another configuration. */
export type Reloaded = { readonly outcome: 'applied' | 'unchanged' } | Refused;
