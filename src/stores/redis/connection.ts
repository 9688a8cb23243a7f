import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { GatewayError } from '../../errors/index.ts';
import type { StoreWatch } from '../store.ts';
import { type ScriptName, type ScriptReplies, scripts } from './scripts.ts';

/**
 * What Redis 6.2 tells of a command that a script called: `ERR Error running script (call to f_…): @user_script:3: @user_script: 3:
 * -READONLY You can't …`. Since 7 the command's own words come first.
 */
const inScript = /^ERR Error running script .*@user_script: ?\d+: -?([A-Z]+) /;

/** The word by which Redis tells what is wrong. */
const codeOf = (message: string): string => (inScript.exec(message) ?? /^([A-Z]+)/.exec(message))?.[1] ?? '';

const bugs: ReadonlySet<string> = new Set(['ERR', 'WRONGTYPE', 'CROSSSLOT']);
const deposed: ReadonlySet<string> = new Set(['READONLY', 'NOREPLICAS']);

/** Whoever became a replica, or has none left, may be the one to write to no more. */
export const isDeposed = ({ message }: Error): boolean => deposed.has(codeOf(message));

/** What Redis says of a command that is wrong is our bug; everything else is Redis being away, full, or not itself yet. */
export function toStoreError(cause: unknown): GatewayError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const isBug = cause instanceof Error && cause.name === 'ReplyError' && bugs.has(codeOf(message));
  return isBug
    ? new GatewayError('internal', `Redis refused a command: ${message}`, { cause })
    : new GatewayError('store-unavailable', `Redis did not answer: ${message}`, { cause });
}

/**
 * Where Redis is: one server, a group watched by Sentinels, or a Cluster. All texts are `redis://` or `rediss://` URLs; those of a list
 * have one scheme, user and password, which are the first one's.
 */
export type RedisPlace =
  | { readonly url: string }
  | {
      readonly sentinels: readonly string[];
      /** The name by which the Sentinels know the group. */
      readonly group: string;
      /** Of the group. The Sentinels' own stand in their URLs, and the scheme of these holds for the group too. */
      readonly username?: string;
      readonly password?: string;
    }
  | { readonly cluster: readonly string[] };

export type Client = Redis | Cluster;

/** A client that never keeps a command for later: what cannot be sent, or is not answered in time, rejects. */
export interface Connection {
  readonly client: Client;
  /** Runs a script. Throws `store-unavailable`. */
  run<N extends ScriptName>(
    name: N,
    keys: readonly string[],
    ...values: readonly (string | number)[]
  ): Promise<ScriptReplies[N]>;
  /** Asks with a command of Redis's own; one that changes a row names it. Throws `store-unavailable`. */
  ask<T>(command: (client: Client) => Promise<T>, row?: string): Promise<T>;
  close(): Promise<void>;
}

/** In milliseconds. */
const commandTimeout = 2000;
const connectTimeout = 2000;
/** A node that is lost is found again so soon, if nobody asks for it before; by its old address or by another. */
const slotsRefreshInterval = 2000;
const reconnectAfter = (attempt: number): number => Math.min(20 * 2 ** Math.min(attempt, 10), 1000);

/**
 * Nothing is sent twice: a command whose answer was lost with its connection may have been carried out, and whoever asked decides
 * (with an idempotency key it may ask again).
 */
const patience = {
  commandTimeout,
  connectTimeout,
  // The connection with a server that hangs does not end by itself, and another may have taken its place.
  socketTimeout: commandTimeout,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  // The name may lead to another by now.
  reconnectOnError: isDeposed,
} satisfies RedisOptions;

const single = { scripts, enableOfflineQueue: false, retryStrategy: reconnectAfter } satisfies RedisOptions;

/**
 * What one turn of the loop asks of one server is one write: measured with 32 turns at once, a third less CPU a turn. The library's
 * pipelines would do so too, for five promises a command.
 */
class GatheringRedis extends Redis {
  #corked: Redis['stream'] | undefined;

  override sendCommand(...sent: Parameters<Redis['sendCommand']>): unknown {
    if (this.status === 'ready' && this.stream !== this.#corked) this.#gather(this.stream);
    return super.sendCommand(...sent);
  }

  #gather(stream: Redis['stream']): void {
    this.#corked = stream;
    stream.cork();
    setImmediate(() => {
      if (this.#corked === stream) this.#corked = undefined;
      stream.uncork();
    });
  }
}

function createClient(place: RedisPlace, use: 'asks' | 'listens', withinMs: number): Client {
  const asking = { ...patience, commandTimeout: withinMs, socketTimeout: withinMs };
  // Who listens may hear nothing for long.
  const manners = use === 'listens' ? { ...asking, socketTimeout: undefined } : asking;
  if ('url' in place) return new GatheringRedis(place.url, { ...manners, ...single });
  if ('sentinels' in place) {
    const { sentinels, group, username, password } = place;
    const guards = sentinels.map(parse);
    const [first] = guards;
    return new GatheringRedis({
      ...manners,
      ...single,
      username,
      password,
      sentinels: guards.map(({ host, port = 26_379 }) => ({ host, port })),
      sentinelUsername: first?.username,
      sentinelPassword: first?.password,
      sentinelRetryStrategy: reconnectAfter,
      sentinelCommandTimeout: commandTimeout,
      // Who speaks TLS with those who say where the group is speaks it with the group.
      sentinelTLS: first?.tls,
      tls: first?.tls,
      enableTLSForSentinelMode: first?.tls !== undefined,
      name: group,
    });
  }
  const nodes = place.cluster.map(parse);
  const { username, password, tls } = nodes[0] ?? {};
  const cluster = new Cluster(
    nodes.map(({ host, port = 6379 }) => ({ host, port })),
    {
      enableOfflineQueue: false,
      scripts,
      clusterRetryStrategy: reconnectAfter,
      // Would send again what was on its way to a node that fell.
      retryDelayOnFailover: 0,
      // Whoever asks while slots are not served is told so at once.
      retryDelayOnClusterDown: 0,
      slotsRefreshInterval,
      slotsRefreshTimeout: slotsRefreshInterval,
      redisOptions: { ...manners, username, password, tls },
    },
  );
  // A node that is connected with only when it is first asked keeps the first command, and refuses at once those that follow it. Until
  // the Cluster is ready it must be so: one of the nodes is asked then whether it is.
  cluster.on('ready', () => cluster.nodes().forEach(begin));
  cluster.on('+node', (node: Redis) => cluster.status === 'ready' && begin(node));
  return cluster;
}

function begin(node: Redis): void {
  if (node.status === 'wait') node.connect().catch(() => undefined); // what fails here fails for callers too
}

function parse(text: string) {
  const url = new URL(text);
  return {
    host: url.hostname,
    port: url.port === '' ? undefined : Number(url.port),
    username: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
    tls: url.protocol === 'rediss:' ? {} : undefined,
  };
}

/** Resolves after the first attempt of a connection, whether it succeeded or not. What fails here fails for callers too, who report it. */
function attempted(client: Client): Promise<void> {
  return new Promise((resolve) => {
    if (client.status === 'ready') resolve();
    client.once('ready', resolve);
    client.once('close', resolve);
    client.on('error', () => resolve());
  });
}

/**
 * Connects, and goes on trying for as long as it is open. Resolves after the first attempt, whether it succeeded or not. What is not
 * answered in time (milliseconds) rejects.
 */
export async function connect(
  place: RedisPlace,
  use: 'asks' | 'listens' = 'asks',
  asked?: StoreWatch,
  withinMs: number = commandTimeout,
): Promise<Connection> {
  const client = createClient(place, use, withinMs);
  const missing = watchFailures(client);
  await attempted(client);
  if (client instanceof Cluster) await Promise.all(client.nodes().map(attempted));
  // Both kinds of client have a method for each script that they were made with.
  const scripted = client as unknown as Readonly<
    Record<ScriptName, (...args: readonly (string | number)[]) => Promise<unknown>>
  >;
  function asking<T>(operation: string, answer: Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const time = (): void => asked?.(operation, (performance.now() - startedAt) / 1_000);
    return answer.then(
      (value) => {
        time();
        return value;
      },
      (thrown: unknown) => {
        time();
        throw toStoreError(missing() ?? thrown);
      },
    );
  }
  return {
    client,
    ask: (command) => asking('command', command(client)),
    run<N extends ScriptName>(name: N, keys: readonly string[], ...values: readonly (string | number)[]) {
      // The script's own return statements say so.
      return asking(name, scripted[name](...keys, ...values) as Promise<ScriptReplies[N]>);
    },
    async close() {
      if (client.status === 'ready') await client.quit().catch(() => undefined);
      client.disconnect();
    },
  };
}

/** Why a client is not connected: what is asked of it meanwhile is told no more than that it is not. */
function watchFailures(client: Client): () => Error | undefined {
  let latest: Error | undefined;
  const keep = (cause: NodeJS.ErrnoException): void => {
    // Of a host with several addresses the system tells the code alone. Whatever it is, no command of ours is to blame.
    latest = new Error(cause.message || cause.code, { cause });
  };
  client.on(client instanceof Cluster ? 'node error' : 'error', keep);
  return () => (client.status === 'ready' ? undefined : latest);
}
