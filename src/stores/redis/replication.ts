import { Cluster, type Redis } from 'ioredis';
import { GatewayError } from '../../errors/index.ts';
import { addressOf } from './check.ts';
import type { Connection } from './connection.ts';
import type { RedisContext } from './record.ts';

/** Waits until replicas have what was written. */
export interface Replication {
  /** What one call works with, which remembers the rows that the call may have changed. */
  follow(engine: RedisContext): Followed;
}

export interface Followed {
  readonly engine: RedisContext;
  /**
   * Resolves when each node that the call changed anything on, and that has replicas, has given one of them all of it. Throws
   * `store-unavailable` if none has it in time, or if a connection was lost that the call may have written to.
   */
  settled(): Promise<void>;
}

/** In milliseconds; below the time that a command may take. */
const longestWait = 1000;
/** So long a node is taken to have no replica because it had none. */
const freshMs = 1000;

/** Waits of one node: callers that come while one runs share the next, which holds up the connection once for all of them. */
interface Waits {
  running: Promise<void> | undefined;
  next: Promise<void> | undefined;
}

export function watchReplication({ client, ask }: Pick<Connection, 'client' | 'ask'>): Replication {
  let losses = 0;
  /** Which of all losses was the last of a node. Nothing is lost with an attempt to connect that failed: nobody wrote there. */
  const lastLoss = new WeakMap<Redis, number>();
  const replicated = new WeakMap<Redis, { readonly answer: boolean; readonly askedAt: number }>();
  const waits = new WeakMap<Redis, Waits>();

  function watch(node: Redis): void {
    let wasReady = node.status === 'ready';
    node.on('ready', () => {
      wasReady = true;
    });
    node.on('close', () => {
      if (!wasReady) return;
      wasReady = false;
      losses += 1;
      lastLoss.set(node, losses);
    });
  }
  if (client instanceof Cluster) {
    for (const node of client.nodes()) watch(node);
    client.on('+node', watch);
  } else watch(client);

  async function hasReplicas(node: Redis): Promise<boolean> {
    const [role, , replicas] = await ask(() => node.role());
    if (role !== 'master') throw new GatewayError('store-unavailable', 'Another Redis is the master now');
    const answer = Array.isArray(replicas) && replicas.length > 0;
    replicated.set(node, { answer, askedAt: performance.now() });
    return answer;
  }
  async function wait(node: Redis): Promise<void> {
    const known = replicated.get(node);
    const isFresh = known !== undefined && (known.answer || performance.now() - known.askedAt < freshMs);
    if (!(isFresh ? known.answer : await hasReplicas(node))) return;
    if ((await ask(() => node.wait(1, longestWait))) > 0 || !(await hasReplicas(node))) return;
    throw new GatewayError('store-unavailable', 'No replica of Redis has taken over what was written');
  }
  function begin(node: Redis, waiting: Waits): Promise<void> {
    waiting.running = wait(node).finally(() => {
      waiting.running = waiting.next;
      waiting.next = undefined;
    });
    return waiting.running;
  }
  function settle(node: Redis): Promise<void> {
    const waiting = waits.get(node) ?? { running: undefined, next: undefined };
    waits.set(node, waiting);
    if (waiting.running === undefined) return begin(node, waiting);
    return (waiting.next ??= waiting.running.catch(() => undefined).then(() => begin(node, waiting)));
  }

  return {
    follow(engine) {
      const lossesBefore = losses;
      const rows = new Set<string>();
      const asked = new Set<Redis>();
      function note(row: string | undefined): void {
        if (row === undefined) return;
        const node = nodeOf(client, row);
        rows.add(row);
        if (node !== undefined) asked.add(node);
      }
      const followed: RedisContext = {
        ...engine,
        run(name, keys, ...values) {
          note(keys[0]);
          return engine.run(name, keys, ...values);
        },
        ask(command, row) {
          note(row);
          return engine.ask(command, row);
        },
      };
      return {
        engine: followed,
        async settled() {
          // A row may have moved meanwhile.
          const nodes = [...rows].map((row) => nodeOf(client, row) ?? fail());
          await Promise.all([...new Set(nodes)].map(settle));
          // A new connection wrote nothing yet, and has nothing to wait for.
          if ([...nodes, ...asked].some((node) => (lastLoss.get(node) ?? 0) > lossesBefore)) fail();
        },
      };
    },
  };
}

/** The node to which a row's commands go; nothing while it is away. */
function nodeOf(client: Connection['client'], row: string): Redis | undefined {
  if (!(client instanceof Cluster)) return client;
  const address = addressOf(client, row);
  return client.nodes('master').find(({ options: { host, port } }) => `${host}:${port}` === address);
}

function fail(): never {
  throw new GatewayError('store-unavailable', 'The connection to Redis was lost');
}
