import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { emptyFolder, removeFolder, type StartedProgram, startProgram, writeConfig } from './program.mjs';

/** The program in a small container, as strangers find it. */
export interface SmallGateway {
  readonly program: StartedProgram;
  readonly url: string;
  /** Where nobody is in the way of who reads `/metrics`. */
  readonly metricsUrl: string;
  /** Connections that say nothing yet, and read nothing. */
  connect(count: number): Promise<readonly Socket[]>;
  /** How long whoever asks how it is waits, at the worst of many times, in milliseconds. Throws if one is told anything but that it is well. */
  worstHealth(): Promise<number>;
  /** What it has had of memory at most since this was asked before, in bytes. */
  peakMemory(): Promise<number>;
  /** Seconds of CPU that it has used. */
  cpuSeconds(): Promise<number>;
  close(): Promise<void>;
}

export interface SmallOptions {
  /** Changes the demo's configuration, as parsed YAML; its limits are those by default. */
  readonly configure?: (demo: any) => void;
  /** What lies beside the configuration. */
  readonly files?: Readonly<Record<string, string>>;
  readonly nodeArguments?: readonly string[];
}

const probes = 25;
const probeEveryMs = 30;

/** Starts the built program with a heap as V8 takes it in a container of twice the size. */
export async function startSmall({
  configure,
  files = {},
  nodeArguments = [],
}: SmallOptions = {}): Promise<SmallGateway> {
  const folder = await emptyFolder();
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const config = await writeConfig(folder, (demo) => {
    delete demo.limits;
    demo.observability = { listen: { host: '127.0.0.1', port: 0 } };
    configure?.(demo);
  });
  const program = await startProgram({
    environment: { DRAGOMAN_CONFIG: config },
    nodeArguments: ['--max-old-space-size=256', ...nodeArguments],
  });
  const { url } = program;
  const [, metricsUrl] = /metrics (\S+)\/metrics/.exec(program.output()) ?? [];
  if (metricsUrl === undefined) throw new Error(`The program does not say where its metrics are:\n${program.output()}`);
  const opened = new Set<Socket>();
  const cpuSeconds = () => cpuOf(program.child.pid ?? 0);
  return {
    program,
    url,
    metricsUrl,
    cpuSeconds,
    connect: (count) => connectMany(url, count, opened),
    async worstHealth() {
      let worst = 0;
      for (let times = 0; times < probes; times += 1) {
        const [askedAt, workedBefore] = [performance.now(), await cpuSeconds()];
        await askHealth(url);
        // Where the machine is busy with others, what the gateway has worked in that time is what an idle one would have waited.
        const workedMs = ((await cpuSeconds()) - workedBefore) * 1_000;
        worst = Math.max(worst, Math.min(performance.now() - askedAt, workedMs));
        await pause(probeEveryMs);
      }
      return worst;
    },
    async peakMemory() {
      const status = await readFile(`/proc/${program.child.pid}/status`, 'utf8');
      await writeFile(`/proc/${program.child.pid}/clear_refs`, '5');
      return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) * 1_024;
    },
    async close() {
      for (const socket of opened) socket.destroy();
      await program.kill();
      await removeFolder(folder);
    },
  };
}

/** One after the other, so that nobody waits before a full door. */
async function connectMany(url: string, count: number, opened: Set<Socket>): Promise<readonly Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1').pause();
    socket.on('error', () => undefined); // its end is told by `close`
    socket.once('close', () => opened.delete(socket));
    opened.add(socket);
    sockets.push(socket);
    await once(socket, 'connect');
  }
  return sockets;
}

async function askHealth(url: string): Promise<void> {
  const asking = request(`${url}/healthz`, { agent: false }).end();
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  answer.resume();
  await once(answer, 'end');
  if (answer.statusCode !== 200) throw new Error(`/healthz answered ${answer.statusCode}`);
}

/** User and system time, which Linux counts in hundredths of a second. */
async function cpuOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
