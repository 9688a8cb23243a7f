import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';

export declare const projectFolder: string;
export declare function endWithSignals(): void;
export declare function emptyFolder(): Promise<string>;
export declare function removeFolder(folder: string): Promise<void>;
export declare function freePort(): Promise<number>;
/** `change` gets the configuration as parsed YAML: each caller knows the part that it changes. */
export declare function writeConfig(folder: string, change?: (config: any) => void): Promise<string>;

export interface ProgramOptions {
  readonly folder?: string;
  readonly script?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly nodeArguments?: readonly string[];
}
export interface SpawnedProgram {
  readonly child: ChildProcess & { readonly stdout: Readable };
  readonly printed: { readonly stdout: string; readonly stderr: string };
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  output(): string;
}
export interface StartedProgram extends SpawnedProgram {
  readonly url: string;
  stop(): SpawnedProgram['ended'];
  kill(): SpawnedProgram['ended'];
}
export declare function spawnProgram(options: ProgramOptions): SpawnedProgram;
export declare function startProgram(options?: ProgramOptions): Promise<StartedProgram>;
