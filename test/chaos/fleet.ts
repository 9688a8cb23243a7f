import { createInterface } from 'node:readline';
import { type StartedProgram, startProgram } from '../support/program.mjs';
import { createWeb, type Frames, Refused, type Web } from '../support/web.mjs';

/** One run of one gateway. */
interface Process {
  readonly program: StartedProgram;
  readonly web: Web;
  isKilled: boolean;
}

/** A connection that broke, or that was not to be had, under a call. */
export class Broken extends Error {
  /** Whether the process was killed: nobody else may break a connection. */
  readonly wasKilled: boolean;
  constructor(cause: unknown, wasKilled: boolean) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.wasKilled = wasKilled;
  }
}

/** Some gateways with the same configuration, behind one who sends each call to any of them. */
export interface Fleet {
  /** Each call goes through a process of its own. Throws what a web throws, and `Broken` for what comes of the connection. */
  readonly web: Web;
  /** Ends one of them without a moment's notice, and resolves when another has taken its place. */
  replaceOne(): Promise<void>;
  /** When any of them began to count limits by itself, by the system's clock in milliseconds: Redis was away, or too slow. */
  readonly insuredAt: readonly number[];
  /** Asks all to end, and gives the exit codes of those that do not end as they should. */
  close(): Promise<readonly (number | null)[]>;
  /** Ends all without a moment's notice. */
  kill(): Promise<void>;
}

export async function startFleet(size: number, config: string): Promise<Fleet> {
  const running = new Set<Process>();
  const insuredAt: number[] = [];
  async function start(): Promise<void> {
    const program = await startProgram({ environment: { DRAGOMAN_CONFIG: config } });
    createInterface({ input: program.child.stdout }).on('line', (line) => {
      if (line.includes('each process counts limits by itself')) insuredAt.push(Date.now());
    });
    running.add({ program, web: createWeb(program.url), isKilled: false });
  }
  await Promise.all(Array.from({ length: size }, start));

  function any(): Process {
    const place = Math.floor(Math.random() * running.size);
    const [chosen] = [...running].slice(place);
    if (chosen === undefined) throw new Error('No gateway runs');
    return chosen;
  }
  return {
    web: throughAny(any),
    insuredAt,
    async replaceOne() {
      const process = any();
      running.delete(process);
      process.isKilled = true;
      await process.program.kill();
      process.web.close();
      await start();
    },
    async close() {
      const ends = await Promise.all([...running].map(({ program }) => program.stop()));
      return ends.map(({ code }) => code).filter((code) => code !== 0);
    },
    async kill() {
      for (const { web } of running) web.close();
      await Promise.all([...running].map(({ program }) => program.kill()));
    },
  };
}

/** A web whose calls go through any process. */
function throughAny(any: () => Process): Web {
  const broken = (process: Process) => (cause: unknown) => {
    throw cause instanceof Refused ? cause : new Broken(cause, process.isKilled);
  };
  const through = <T>(call: (web: Web) => Promise<T>): Promise<T> => {
    const process = any();
    return call(process.web).catch(broken(process));
  };
  async function* watch<T>(process: Process, events: AsyncGenerator<T, void, void>) {
    try {
      yield* events;
    } catch (cause) {
      broken(process)(cause);
    }
  }
  return {
    ask: (...call) => through((web) => web.ask(...call)),
    succeed: (...call) => through((web) => web.succeed(...call)),
    get: (...call) => through((web) => web.get(...call)),
    text: (...call) => through((web) => web.text(...call)),
    async stream(...call) {
      const process = any();
      const { headers, events } = await process.web.stream(...call).catch(broken(process));
      return { headers, events: watch(process, events) };
    },
    events(...call) {
      const process = any();
      return watch(process, process.web.events(...call));
    },
    async socket(path): Promise<Frames> {
      const process = any();
      const frames = await process.web.socket(path).catch(broken(process));
      return { ...frames, next: () => frames.next().catch(broken(process)) };
    },
    close: () => undefined,
  };
}
