import { readdirSync, readFileSync } from 'node:fs';
import { createContext, Script } from 'node:vm';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { languages } from '../../src/backends/catalog/language/index.ts';
import { patternsOf } from '../../src/backends/catalog/reading/prices.ts';

/** A regular expression of ours, and what it is put to. */
interface Found {
  readonly place: string;
  readonly source: string;
  readonly flags: string;
  readonly how: 'exec' | 'replace' | 'split';
}

const folder = new URL('../../src/', import.meta.url);

/** Read by operators' files and at their terminals alone. */
const ofOperators = /^(?:config|cli)\//;

/** Texts that are cut or refused before: no longer than this, in characters. */
const bounds: readonly (readonly [RegExp, number])[] = [
  [/^backends\/catalog\//, 1_000],
  [/^catalog\/(?:price|availability|dates|currencies)\.ts/, 80],
  [/^catalog\/(?:columns|product)\.ts/, 200],
  [/^network\/(?:address-key|addresses)\.ts|^http\/request-head\.ts/, 4_000],
];

/** As long as anything may be that takes the square of its length, in CPU of milliseconds; and as much as is tried. */
const maxMs = 40;
const length = 8_000;

function foundIn(file: string): readonly Found[] {
  const tree = ts.createSourceFile(file, readFileSync(new URL(file, folder), 'utf8'), ts.ScriptTarget.Latest, true);
  const found: Found[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/');
      const [source, flags] = [node.text.slice(1, end), node.text.slice(end + 1)];
      const isSplit = ts.isCallExpression(node.parent) && node.parent.expression.getText().endsWith('.split');
      const { line } = tree.getLineAndCharacterOfPosition(node.pos);
      found.push({
        place: `${file}:${line + 1}`,
        source,
        flags,
        how: isSplit ? 'split' : flags.includes('g') ? 'replace' : 'exec',
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

const made: readonly Found[] = Object.values(languages)
  .flatMap(({ cues }): unknown[] => [...Object.values(cues).flat(), ...Object.values(patternsOf(cues.prices)).flat()])
  .filter((cue) => cue instanceof RegExp)
  .map(({ source, flags }: RegExp) => ({ place: 'backends/catalog/language/cues.ts', source, flags, how: 'exec' }));

const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !ofOperators.test(file),
);
const all = [
  ...new Map([...files.flatMap(foundIn), ...made].map((one) => [`${one.source}/${one.flags}`, one])).values(),
];

/** Characters that the expression speaks of, or nearly, and the words in it. */
function atomsOf(source: string): readonly string[] {
  const atoms = new Set<string>([' ', 'a', '1', '!']);
  if (/\\s|\\n|\[\^/.test(source)) atoms.add('\n');
  const plain = source.replace(/\\(?:u\{?[\da-f]+\}?|x[\da-f]{2}|p\{\w+\}|[a-zA-Z])|\{\d*,?\d*\}|\(\?[:=!<]+/gi, ' ');
  for (const [character] of plain.matchAll(/[^\s\w()[\]{}|?*+^$.\\]/gu)) atoms.add(character);
  for (const [, escaped = ''] of source.matchAll(/\\([^\w\s])/g)) atoms.add(escaped);
  const words = [...plain.matchAll(/[a-z][a-z ]*[a-z]/gi)].map(([word]) => word);
  return [...atoms].slice(0, 12).concat([...new Set(words)].slice(0, 5));
}

/** Texts of one thing over and over, between two others. */
function* hardTexts(source: string, most: number): Iterable<string> {
  const atoms = atomsOf(source);
  const characters = atoms.filter((atom) => atom.length === 1).slice(0, 7);
  const units = new Set([...atoms, ...atoms.flatMap((one) => characters.map((other) => one + other))]);
  for (const unit of units) {
    const run = unit.repeat(Math.floor(most / unit.length));
    for (const start of ['', ...atoms.slice(4, 8), '<']) for (const end of ['\0', '\n!']) yield start + run + end;
  }
}

const context = createContext({ pattern: / /, text: '' });
const scripts = {
  exec: new Script('pattern.exec(text)'),
  replace: new Script('text.replace(pattern, "")'),
  split: new Script('text.split(pattern)'),
};

/** CPU of one run, in milliseconds; as long as it may take at most where it takes longer. */
function spend(pattern: RegExp, how: Found['how'], text: string): number {
  Object.assign(context, { pattern, text });
  const before = process.cpuUsage();
  try {
    scripts[how].runInContext(context, { timeout: 1_000 });
  } catch {
    return 1_000;
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

describe('a regular expression', () => {
  it.each(all)(
    '$place /$source/$flags takes time in proportion to a text, or the text is short',
    ({ place, source, flags, how }) => {
      const pattern = new RegExp(source, flags);
      const most = bounds.find(([where]) => where.test(place))?.[1] ?? length;
      let dearest = { text: '', ms: 0 };
      for (const text of hardTexts(source, most)) {
        let ms = spend(pattern, how, text);
        for (let tried = 0; ms > maxMs && tried < 3; tried += 1) ms = Math.min(ms, spend(pattern, how, text));
        if (ms > dearest.ms) dearest = { text: text.slice(0, 40), ms };
        if (ms > maxMs) break;
      }
      expect(dearest.ms, JSON.stringify(dearest.text)).toBeLessThanOrEqual(maxMs);
    },
  );
});
