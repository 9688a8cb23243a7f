import { type Replayed, replay } from '../replay/replay.ts';
import type { Outcome } from './commands.ts';
import { oneOf, readAddress, readArguments, UsageError } from './read-arguments.ts';

export const replayHelp = `Usage: dragoman replay CASSETTE --target URL [--key K] [--as DIALECT] [--pace real|fast]

Asks a server again what was asked in a cassette, each turn in its own dialogue, and compares its answers with those
of the recording: what came of it, text, items and their prices, suggestions. What one of two dialects cannot say does
not count. Of a cassette whose text is masked only what came of each turn and whether it was answered is compared.

  --target URL     the server; a path is kept
  --key K          its key
  --site S         its site key, for a dialect of sites
  --agent A        who is to answer, in place of whom the turns name
  --as DIALECT     what it speaks; the dialect of the cassette unless set
  --pace PACE      fast, or real: with the pauses between the turns; fast unless set
  --text 0.8       the least similarity, 0 to 1, at which texts are equivalent
  --ignore FIELD   does not count: output.text, item.price …; may come again
  --timeout 30     seconds for each answer
  --json           the same as a document
  --help           this text

Ends with 0 if all turns are equivalent, 1 if one is different or failed, 2 if nobody is there or the cassette holds no
turn that can be compared, 64 if the command is not as above.
`;

/** Runs `dragoman replay`. */
export async function replayCassette(values: readonly string[]): Promise<Outcome> {
  const text = { type: 'string' } as const;
  const { options, positionals } = readArguments(values, {
    target: text,
    key: text,
    site: text,
    agent: text,
    as: text,
    pace: text,
    text,
    timeout: text,
    ignore: { type: 'string', multiple: true },
    json: { type: 'boolean' },
  });
  const [cassette, ...more] = positionals;
  if (cassette === undefined || more.length > 0) throw new UsageError('Name one cassette.');
  const { key, site, agent, as } = options;
  const replayed = await replay({
    cassette,
    url: readAddress('--target', options.target),
    pace: oneOf('--pace', options.pace ?? 'fast', ['real', 'fast']),
    text: readNumber('--text', options.text ?? '0.8', 1),
    timeoutMs: readNumber('--timeout', options.timeout ?? '30', 3_600) * 1_000,
    ignore: options.ignore ?? [],
    ...(key !== undefined && { key }),
    ...(site !== undefined && { site }),
    ...(agent !== undefined && { agent }),
    ...(as !== undefined && { as }),
  });
  const output = options.json === true ? `${JSON.stringify(replayed, undefined, 2)}\n` : reportOf(replayed);
  return { output, code: codeOf(replayed) };
}

function codeOf({ of, verdicts }: Replayed): number {
  if (of === 0) return 2;
  return verdicts.different + verdicts.failed === 0 ? 0 : 1;
}

function readNumber(option: string, value: string, most: number): number {
  const number = Number(value);
  if (value.trim() === '' || !(number >= 0 && number <= most)) throw new UsageError(`${option} must be 0 to ${most}.`);
  return number;
}

function reportOf({ share, interval, of, verdicts, passedOver, differences }: Replayed): string {
  const percent = (part: number): string => `${(part * 100).toFixed(1)} %`;
  const head =
    share === undefined
      ? 'inconclusive: there is nothing to compare'
      : `${percent(share)} of ${of} turns are equivalent (95 % interval ${interval.map(percent).join(' to ')})`;
  return [
    head,
    Object.entries(verdicts)
      .map(([verdict, count]) => `${count} ${verdict}`)
      .join(', '),
    `${passedOver} exchanges that are no turns, or cannot be read, were passed over`,
    ...differences.flatMap(({ field, count, examples }) => [
      `${field} differs ${count} times`,
      ...examples.map((each) => `  line ${each.line}: ${shown(each.primary)} before, ${shown(each.candidate)} now`),
    ]),
    '',
  ].join('\n');
}

function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
