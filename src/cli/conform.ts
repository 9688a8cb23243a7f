import { type Checked, conform } from '../conformance/index.ts';
import type { Outcome } from './commands.ts';
import { readAddress, readArguments, UsageError } from './read-arguments.ts';

export const conformHelp = `Usage: dragoman conform --dialect D --target URL [--key K] [--site S] [--agent A]

Holds a server against the documents of a dialect: each operation, its errors, its streams. What is asked is stored
there: a conversation or two of a visitor whom nobody else is.

  --dialect D   homie, item-discovery, agent-slug, tenant-chats, widget or openai
  --target URL  the server; a path is kept
  --key K       its key
  --site S      its site key, for a dialect of sites
  --agent A     who is to answer, where the dialect names somebody
  --timeout 30  seconds for each answer
  --json        the same as a document
  --help        this text

Ends with 0 if all is as documented, 1 if something deviates, 2 if nobody is there, 64 if the command is not as above.
`;

/** Runs `dragoman conform`. */
export async function checkConformance(values: readonly string[]): Promise<Outcome> {
  const text = { type: 'string' } as const;
  const { options, positionals } = readArguments(values, {
    dialect: text,
    target: text,
    key: text,
    site: text,
    agent: text,
    timeout: text,
    json: { type: 'boolean' },
  });
  const { dialect, key, site, agent } = options;
  if (dialect === undefined || positionals.length > 0) throw new UsageError('Name a dialect with --dialect.');
  const seconds = Number(options.timeout ?? 30);
  if (!(seconds > 0 && seconds <= 3_600)) throw new UsageError('--timeout must be up to 3600.');
  const checked = await conform(dialect, {
    url: readAddress('--target', options.target),
    timeoutMs: seconds * 1_000,
    ...(key !== undefined && { key }),
    ...(site !== undefined && { site }),
    ...(agent !== undefined && { agent }),
  });
  const output = options.json === true ? `${JSON.stringify(checked, undefined, 2)}\n` : tableOf(checked);
  return { output, code: checked.some(({ verdict }) => verdict === 'deviates') ? 1 : 0 };
}

function tableOf(checked: readonly Checked[]): string {
  const width = Math.max(...checked.map(({ operation }) => operation.length));
  return checked
    .flatMap(({ operation, law, verdict, deviations }) => [
      `${verdict.padEnd(11)}  ${operation.padEnd(width)}  ${law}`,
      ...deviations.map(({ came, documented }) => `             came: ${came}; documented: ${documented}`),
    ])
    .join('\n')
    .concat('\n');
}
