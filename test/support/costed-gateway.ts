import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { withNeighbour } from './fuzz-requests.ts';
import { measurable, measure } from './measure.mjs';
import { emptyFolder, removeFolder, type StartedProgram, startProgram, writeConfig } from './program.mjs';

/** What one input cost the gateway's process, and nobody else. */
export interface Cost {
  /** CPU of all its threads, in milliseconds. */
  readonly cpuMs: number;
}

/** What one input cost, and what is left of it. */
export interface FullCost extends Cost {
  /** What is held afterwards beside what was before, both without garbage, in bytes. */
  readonly heldBytes: number;
}

/** A gateway that is a program of its own: what it spends is its own, and can be measured. */
export interface CostedGateway {
  readonly url: string;
  readonly webSocketUrl: string;
  readonly program: StartedProgram;
  /** What it spends while `run` runs. */
  costOf<T>(run: () => Promise<T>): Promise<Cost & { readonly told: T }>;
  /** The least that it spends in so many tries, since the machine does other things too; no more than one where that is little enough. */
  leastCostOf<T>(run: () => Promise<T>, trying: Trying): Promise<Cost & { readonly told: T }>;
  /** The same, with what is left of it: of each figure the least of the tries, until both are little enough. */
  leastFullCostOf(run: () => Promise<unknown>, trying: Trying & { readonly enoughBytes: number }): Promise<FullCost>;
  /** What it holds once all garbage is collected, in bytes: of JavaScript, and of buffers. */
  held(): Promise<number>;
  close(): Promise<void>;
}

export interface Trying {
  readonly tries: number;
  /** In milliseconds of CPU: what costs no more is not tried again. */
  readonly enoughMs: number;
}

export interface CostedOptions {
  readonly answeredBy?: 'parrot' | 'catalogue';
  /** Changes the configuration, as parsed YAML, at last. */
  readonly change?: (config: any) => void;
}

const parrotFile = fileURLToPath(new URL('./parrot.mjs', import.meta.url));

/** Starts the built program over an empty folder with a heap of 256 MB: the demo with its neighbour, without limits of how often. */
export async function startCosted({ answeredBy = 'parrot', change }: CostedOptions = {}): Promise<CostedGateway> {
  const folder = await emptyFolder();
  const path = await writeConfig(folder, (config) => {
    withNeighbour(config);
    config.limits = { ...config.limits, address: 'off', unknownSessions: 1_000_000 };
    if (answeredBy === 'parrot') config.backends.shop = { type: 'module', path: parrotFile };
    change?.(config);
  });
  const program = await startProgram({
    environment: { DRAGOMAN_CONFIG: path, TMPDIR: join(folder) },
    nodeArguments: ['--max-old-space-size=256', ...measurable],
  });
  const costOf: CostedGateway['costOf'] = async (run) => {
    const before = await measure(program);
    const told = await run();
    const after = await measure(program);
    return { told, cpuMs: (after.cpuMicroseconds - before.cpuMicroseconds) / 1_000 };
  };
  const held: CostedGateway['held'] = async () => {
    const { heapUsed, external } = await measure(program, { collect: true });
    return heapUsed + external;
  };
  /** After the last input whose full cost was measured. */
  let heldLast: number | undefined;
  return {
    url: program.url,
    webSocketUrl: program.url.replace('http:', 'ws:'),
    program,
    costOf,
    async leastCostOf(run, { tries, enoughMs }) {
      let least = await costOf(run);
      for (let tried = 1; least.cpuMs > enoughMs && tried < tries; tried += 1) {
        const again = await costOf(run);
        if (again.cpuMs < least.cpuMs) least = again;
      }
      return least;
    },
    async leastFullCostOf(run, { tries, enoughMs, enoughBytes }) {
      let least: FullCost = { cpuMs: Number.POSITIVE_INFINITY, heldBytes: Number.POSITIVE_INFINITY };
      for (let tried = 0; tried < tries; tried += 1) {
        const before = heldLast ?? (await held());
        const { cpuMs } = await costOf(run);
        let heldBytes = (await held()) - before;
        // What is on its way still, such as a connection that closes, is not held for long.
        for (let looked = 0; heldBytes > enoughBytes && looked < 20; looked += 1) {
          await setTimeout(50);
          heldBytes = (await held()) - before;
        }
        heldLast = before + heldBytes;
        least = { cpuMs: Math.min(least.cpuMs, cpuMs), heldBytes: Math.min(least.heldBytes, heldBytes) };
        if (least.cpuMs <= enoughMs && least.heldBytes <= enoughBytes) break;
      }
      return least;
    },
    held,
    async close() {
      await program.stop();
      await removeFolder(folder);
    },
  };
}
