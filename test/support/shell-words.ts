/** A command found in a text: its words as a shell would give them to the program, and where it stands. */
export interface PrintedCommand {
  readonly words: readonly string[];
  readonly start: number;
  readonly end: number;
}

/** Every command of a program that is printed at the beginning of a line, with its continued lines. */
export function findCommands(
  text: string,
  program: string,
  variables: Readonly<Record<string, string>> = {},
): readonly PrintedCommand[] {
  return [...text.matchAll(new RegExp(`^${program} `, 'gm'))].map(({ index }) => ({
    ...readCommand(text, index, variables),
    start: index,
  }));
}

/** What a backslash stands for between double quotes; before anything else it stands for itself there. */
const escapable = new Set(['"', '\\', '$', '`', '\n']);

/**
 * One simple command, up to the first line end that no quote or backslash takes away: words, both kinds of quotes, escapes, continued
 * lines and `$NAME`. Throws at what a shell would do more with (pipes, redirections, substitutions), and at an open quote.
 */
export function readCommand(
  text: string,
  start: number,
  variables: Readonly<Record<string, string>>,
): { readonly words: readonly string[]; readonly end: number } {
  const words: string[] = [];
  let word: string | undefined;
  let quote: '"' | "'" | undefined;
  let at = start;
  for (; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (quote !== "'" && character === '\\' && (quote === undefined || escapable.has(text.charAt(at + 1)))) {
      at += 1;
      // An escaped line end is no character at all.
      if (text.charAt(at) !== '\n') word = (word ?? '') + text.charAt(at);
    } else if (quote !== "'" && character === '$') {
      const [match, name = ''] = /^\$\{?([A-Za-z_]\w*)\}?/.exec(text.slice(at)) ?? [];
      const value = variables[name];
      if (match === undefined || value === undefined) throw new Error(`No value for ${text.slice(at, at + 20)}`);
      word = (word ?? '') + value;
      at += match.length - 1;
    } else if (character === quote) {
      quote = undefined;
    } else if (quote === undefined && (character === '"' || character === "'")) {
      quote = character;
      word ??= '';
    } else if (quote === undefined && /\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      if (character === '\n') break;
    } else if (quote === undefined && /[|&;<>()`]/.test(character)) {
      throw new Error(`More than a simple command: ${text.slice(start, at + 1)}`);
    } else {
      word = (word ?? '') + character;
    }
  }
  if (quote !== undefined) throw new Error(`An open quote in ${text.slice(start, start + 60)}`);
  if (word !== undefined) words.push(word);
  return { words, end: at };
}
