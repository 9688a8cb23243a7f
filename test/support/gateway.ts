import { hash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { parse, stringify } from 'yaml';
import { type Reloaded, type RunningGateway, type StartOptions, startGateway } from '../../src/app.ts';
import type { Backend } from '../../src/backends/backend.ts';
import { type Config, parseConfig } from '../../src/config/index.ts';
import type { Store } from '../../src/stores/store.ts';

const demoFile = fileURLToPath(new URL('../../config/gateway.yaml', import.meta.url));

export interface TestGateway {
  readonly url: string;
  /** Where `/metrics` is served. */
  readonly metricsUrl: string;
  readonly webSocketUrl: string;
  /** Every log line, parsed. */
  readonly logged: readonly Record<string, unknown>[];
  close(): Promise<void>;
  /** Has it take over what it was started with, changed. */
  reload(change?: (demo: any) => void): Promise<Reloaded>;
  /** Stops, and starts again over the same data. */
  restart(configure?: (demo: any) => void): Promise<TestGateway>;
}

export interface TestGatewayOptions {
  /** Changes the demo's configuration, as parsed YAML, before it is checked. */
  // The demo as YAML has it: each test knows the part that it changes.
  readonly configure?: (demo: any) => void;
  readonly backends?: Readonly<Record<string, Backend>>;
  /** Stands in for the configured one. */
  readonly store?: Store;
  readonly folder?: string;
  readonly times?: StartOptions['times'];
  readonly images?: StartOptions['images'];
  readonly keepPlacesMs?: number;
  readonly feed?: StartOptions['feed'];
  readonly patience?: StartOptions['patience'];
  /** How long closing lets running calls end, in milliseconds. */
  readonly drainMs?: number;
}

/** Puts the demo behind a proxy, with secrets of its own: `own-key`, `sk_own` and `own-admin`. */
export function behindProxy(demo: any): void {
  demo.listen.trustProxy = 1;
  const [tenant] = demo.tenants;
  tenant.keys[0].sha256 = hash('sha256', 'own-key');
  tenant.sites[0].key = 'sk_own';
  demo.admin.tokens[0].sha256 = hash('sha256', 'own-admin');
}

/** The demo's gateway on a port of its own over an empty folder, in this process, with real sockets and a real store. */
export async function runGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const { drainMs = 1_000 } = options;
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'dragoman-')));
  const text = await readFile(demoFile, 'utf8');
  const configured = (change?: (demo: any) => void): Config => {
    const demo: unknown = parse(text);
    Object.assign(Object(demo), {
      listen: { host: '127.0.0.1', port: 0, hosts: ['loopback', 'gateway', 'x'] },
      store: { engine: 'embedded', path: join(folder, 'data') },
      uploads: { path: join(folder, 'uploads') },
    });
    options.configure?.(demo);
    change?.(demo);
    return parseConfig({ path: demoFile, env: {}, text: stringify(demo) });
  };
  const logged: Record<string, unknown>[] = [];
  const log = pino({ level: 'debug' }, { write: (line) => logged.push(JSON.parse(line) as Record<string, unknown>) });
  const running: RunningGateway = await startGateway(configured(), log, {
    backends: new Map(Object.entries(options.backends ?? {})),
    ...(options.store && { store: options.store }),
    times: { quietMs: 0, ...options.times }, // no balancer is before it
    ...(options.images && { images: options.images }),
    ...(options.keepPlacesMs && { keepPlacesMs: options.keepPlacesMs }),
    ...(options.feed && { feed: options.feed }),
    ...(options.patience && { patience: options.patience }),
  });
  return {
    url: running.url,
    metricsUrl: running.metricsUrl,
    webSocketUrl: running.url.replace('http:', 'ws:'),
    logged,
    async close() {
      await running.close(drainMs);
      await rm(folder, { recursive: true, force: true });
    },
    reload: (change) => running.reload(configured(change)),
    async restart(configure) {
      await running.close(drainMs);
      return runGateway({ ...options, ...(configure && { configure }), folder });
    },
  };
}
