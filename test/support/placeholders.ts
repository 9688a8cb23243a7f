/** What differs from run to run, one alternative each: nothing else may be hidden. */
const passing = new RegExp(
  [
    '(?<uuid>\\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\\b)',
    '(?<=\\bconv_)(?<joined>[0-9a-f]{32})\\b',
    '(?<=")(?<time>\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,9})?Z)(?=")',
    '(?<=^x-ratelimit-reset: |"created":)(?<seconds>\\d{10})\\b',
    '(?<="conversation_id":)(?<number>\\d+)\\b',
    '(?<=^id: )(?<version>\\d{13})(?=-\\d)',
    '(?<=^id: \\d+-\\d+[ao]?\\.)(?<reply>[0-9a-f]{8})(?=:\\d)',
  ].join('|'),
  'gm',
);

/**
 * A text of a wire without what no two runs have in common. Ids are numbered as they appear, `<uuid-1>`, so that it can be seen
 * which are the same; those that the reader knows have the names that are given for them. Times are `<time>`.
 */
export function withPlaceholders(text: string, names: Readonly<Record<string, string>> = {}): string {
  const seen = new Map<string, string>(Object.entries(names));
  const counts = new Map<string, number>();
  const number = (kind: string, value: string): string => {
    const known = seen.get(value);
    if (known !== undefined) return known;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    const placeholder = `<${kind}-${count}>`;
    seen.set(value, placeholder);
    return placeholder;
  };
  return text.replace(passing, (...match) => {
    const {
      uuid,
      joined,
      number: integer,
      version,
      reply,
    } = match.at(-1) as Readonly<Record<string, string | undefined>>; // its named groups
    if (uuid !== undefined) return number('uuid', uuid);
    if (joined !== undefined) return number('uuid', hyphenated(joined));
    if (integer !== undefined) return number('number', integer);
    if (version !== undefined) return number('version', version);
    return reply === undefined ? '<time>' : number('reply', reply);
  });
}

const hyphenated = (digits: string): string => digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
