import { Cluster, type Redis } from 'ioredis';
import { GatewayError } from '../../errors/index.ts';
import type { Client } from './connection.ts';

/** Waits until replicas have what was written. */
export interface Replication {
  /** Which connections there are now. */
  generation(): number;
  /** Resolves when each node that has replicas has given one of them all that this client wrote since `generation`. */
  settled(generation: number): Promise<void>;
}

/** In milliseconds; below the time that a command may take. */
const longestWait = 1000;
/** So long a node is taken to have no replica because it had none. */
const freshMs = 1000;

/** Callers that come while one waits share the next wait: it holds up the connection once for all of them. */
export function watchReplication(client: Client): Replication {
  let generation = 0;
  const nextGeneration = () => {
    generation += 1;
  };
  client.on('close', nextGeneration);
  client.on('+node', (node: Redis) => node.on('close', nextGeneration));
  const replicated = new WeakMap<Redis, { readonly answer: boolean; readonly askedAt: number }>();
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  async function hasReplicas(node: Redis): Promise<boolean> {
    const [, , replicas] = await node.role();
    const answer = Array.isArray(replicas) && replicas.length > 0;
    replicated.set(node, { answer, askedAt: performance.now() });
    return answer;
  }
  async function wait(node: Redis): Promise<void> {
    const known = replicated.get(node);
    const isFresh = known !== undefined && (known.answer || performance.now() - known.askedAt < freshMs);
    if (!(isFresh ? known.answer : await hasReplicas(node))) return;
    if ((await node.wait(1, longestWait)) > 0 || !(await hasReplicas(node))) return;
    throw new GatewayError('store-unavailable', 'No replica of Redis has taken over what was written');
  }
  async function waitForAll(): Promise<void> {
    await Promise.all((client instanceof Cluster ? client.nodes('master') : [client]).map(wait));
  }
  function begin(): Promise<void> {
    running = waitForAll().finally(() => {
      running = next;
      next = undefined;
    });
    return running;
  }

  return {
    generation: () => generation,
    async settled(before) {
      await (running === undefined ? begin() : (next ??= running.catch(() => undefined).then(begin)));
      // A new connection wrote nothing yet, and has nothing to wait for.
      if (before !== generation) throw new GatewayError('store-unavailable', 'The connection to Redis was lost');
    },
  };
}
