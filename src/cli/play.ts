import { once } from 'node:events';
import { play } from '../cassettes/index.ts';
import type { Outcome } from './commands.ts';
import { oneOf, readArguments, UsageError } from './read-arguments.ts';

export const playHelp = `Usage: dragoman play CASSETTE [--port P] [--pace real|fast]

Plays the server of a cassette on this machine: the same bytes in the same pieces, with the same pauses, to the same end,
broken off where it was. A request gets what the first one like it got, by method, path, query and body, then the
second, and the last one again and again. Prints its address, and ends when it is interrupted.

  --port P     0 unless set: any that is free
  --pace PACE  real, or fast: without the pauses; real unless set
  --json       prints {"url", "exchanges"}
  --help       this text

Ends with 0, 2 if there is no such cassette or port, 64 if the command is not as above.
`;

/** Runs `dragoman play`. Resolves when it is interrupted. */
export async function playCassette(values: readonly string[]): Promise<Outcome> {
  const { options, positionals } = readArguments(values, {
    port: { type: 'string' },
    pace: { type: 'string' },
    json: { type: 'boolean' },
  });
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new UsageError('Name one cassette.');
  const port = Number(options.port ?? 0);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new UsageError('--port must be 0 to 65535.');
  const player = await play({ file, port, pace: oneOf('--pace', options.pace ?? 'real', ['real', 'fast']) });
  const { url, exchanges } = player;
  const line = options.json === true ? JSON.stringify({ url, exchanges }) : `${url} plays ${exchanges} exchanges`;
  process.stdout.write(`${line}\n`);
  await Promise.race(['SIGINT', 'SIGTERM'].map((signal) => once(process, signal)));
  await player.close();
  return { output: '', code: 0 };
}
