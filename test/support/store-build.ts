import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const top = resolve(import.meta.dirname, '../..');

/** The embedded store as JavaScript, for scripts that run in a process of their own. */
export interface StoreBuild {
  /** Starts a script of `test/crash`, with the module of the store as its first argument. */
  start(script: string, ...values: readonly string[]): ReturnType<typeof spawn>;
  /** The same through a shell line, in which `"$@"` stands for the command. */
  startUnder(line: string, script: string, ...values: readonly string[]): ReturnType<typeof spawn>;
  remove(): Promise<void>;
}

/** Compiles the store by itself: a test must not run what an earlier build left in `dist`. */
export async function buildStore(): Promise<StoreBuild> {
  const cache = join(top, 'node_modules', '.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'store-'));
  const module = join(folder, 'stores/embedded/index.js');
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  const compilerOptions = { noEmit: false, rootDir: join(top, 'src'), outDir: folder, skipLibCheck: true };
  const project = {
    extends: join(top, 'tsconfig.json'),
    compilerOptions,
    files: [join(top, 'src/stores/embedded/index.ts')],
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ ...project, include: [] }));
  const compiler = join(top, 'node_modules/typescript/bin/tsc');
  await promisify(execFile)(process.execPath, [compiler, '-p', folder], { cwd: top });
  const command = (script: string, values: readonly string[]) => [join(top, 'test/crash', script), module, ...values];
  return {
    start: (script, ...values) => spawn(process.execPath, command(script, values)),
    startUnder: (line, script, ...values) =>
      spawn('sh', ['-c', line, 'sh', process.execPath, ...command(script, values)]),
    remove: () => rm(folder, { recursive: true }),
  };
}

/** What a process printed, when it has ended, and how it ended. */
export async function outcome(child: ReturnType<typeof spawn>) {
  let output = '';
  let errors = '';
  child.stdout?.on('data', (bytes: Buffer) => (output += bytes.toString()));
  child.stderr?.on('data', (bytes: Buffer) => (errors += bytes.toString()));
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((settle) =>
    child.once('close', (exitCode, exitSignal) => settle([exitCode, exitSignal])),
  );
  return { output, errors, code, signal };
}
