import type { ChildProcess } from 'node:child_process';
import cluster, { type Worker } from 'node:cluster';

/** What Node's cluster writes to its workers and reads of them: a connection that is handed over, and whether it was taken. */
interface ClusterMessage {
  readonly cmd?: unknown;
  readonly act?: unknown;
  readonly seq?: unknown;
  readonly ack?: unknown;
}

/**
 * Hands on what a worker was given and has not taken when it ends: to another one, or to nobody, which closes it. Node forgets such a
 * connection, and its client would wait for ever.
 */
export function handOn(worker: Worker): void {
  const { process: child } = worker;
  const untaken = new Set<unknown>();
  const send = child.send.bind(child) as (...given: readonly unknown[]) => boolean; // whatever it is given goes on as it is
  child.send = (...given: readonly unknown[]) => {
    const { cmd, act, seq } = Object(given[0]) as ClusterMessage;
    if (cmd === 'NODE_CLUSTER' && act === 'newconn') untaken.add(seq);
    return send(...given);
  };
  child.on('internalMessage', ({ ack }: ClusterMessage) => untaken.delete(ack));
  child.once('disconnect', () => {
    const hasOther = Object.values(cluster.workers ?? {}).some((other) => other !== worker && other?.isConnected());
    // What is not accepted, Node gives to the next worker itself; what is, it closes on its own side.
    for (const ack of untaken) child.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack, accepted: !hasOther });
    untaken.clear();
  });
  tellOfDisconnection(child);
}

/** Node says nothing of a channel's end while a connection is on its way through it: its cluster would keep the dead for one of its own. */
function tellOfDisconnection(child: ChildProcess): void {
  let isTold = false;
  child.once('disconnect', () => {
    isTold = true;
  });
  child.once('exit', () => {
    if (child.connected) child.disconnect();
    setImmediate(() => {
      if (!isTold) child.emit('disconnect');
    });
  });
}
