import { createHash, randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { readArguments, UsageError } from './read-arguments.ts';

export const keyHelp = `Usage: dragoman key new [--name NAME]
       dragoman key hash < SECRET

  new   makes a secret, prints it once, and the line of the configuration that knows it by its hash
  hash  prints that line for a secret that is there, which it reads from standard input

  --name NAME  how the key is called in logs and metrics; "key" unless set
  --help       this text
`;

/** A secret that cannot be guessed, in bytes. */
const secretBytes = 32;

/** Runs `dragoman key`. Gives what is to be printed, and how the program is to end. */
export async function runKey(
  values: readonly string[],
  input: NodeJS.ReadableStream = process.stdin,
): Promise<{ readonly output: string; readonly code: number }> {
  const { options, positionals } = readArguments(values, { name: { type: 'string' } });
  const [verb, ...more] = positionals;
  const { name = 'key' } = options;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name))
    throw new UsageError('--name takes letters, digits, ".", "_" and "-".');
  if (more.length > 0)
    throw new UsageError('A secret does not belong into a command line: hash reads it from standard input.');
  if (verb === 'new') {
    const secret = randomBytes(secretBytes).toString('base64url');
    return { output: `${secret}\n${lineOf(name, secret)}`, code: 0 };
  }
  if (verb !== 'hash') throw new UsageError('Say new or hash.');
  const secret = (await text(input)).replace(/\r?\n$/, '');
  if (secret === '') throw new UsageError('There is no secret on standard input.');
  return { output: lineOf(name, secret), code: 0 };
}

const lineOf = (name: string, secret: string): string =>
  `- { name: ${name}, sha256: ${createHash('sha256').update(secret).digest('hex')} }\n`;
