import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from './program.mjs';

/** Where the vendors' documents lie, beside the project. */
export const seedFolder = join(projectFolder, '..', 'shared', 'seeds');

/** The five documents by their number (`000` to `004`); none if they are not there. */
export function readSeeds(): Readonly<Record<string, string>> {
  try {
    const files = readdirSync(seedFolder).filter((name) => /^00\d_.*\.txt$/.test(name));
    return Object.fromEntries(files.map((name) => [name.slice(0, 3), readFileSync(join(seedFolder, name), 'utf8')]));
  } catch {
    return {};
  }
}

/** A document in a text, and where it stands. */
export interface PrintedDocument {
  readonly value: any; // what a vendor prints
  readonly start: number;
}

/**
 * Every JSON object that a text prints at the beginning of a line, as people write them: with commas too many, and `[ … ]` for a list that
 * is not told. What looks like one and is none, such as a program's block, is passed over.
 */
export function findDocuments(text: string): readonly PrintedDocument[] {
  const found: PrintedDocument[] = [];
  let end = 0;
  for (const { index } of text.matchAll(/^\{/gm)) {
    if (index < end) continue;
    const source = balanced(text.slice(index));
    try {
      const strict = source.replace(/\[\s*…\s*\]/g, '[]').replace(/,(\s*[}\]])/g, '$1');
      found.push({ value: JSON.parse(strict), start: index });
      end = index + source.length;
    } catch {
      // a program's block
    }
  }
  return found;
}

/** The text from its first brace to the one that closes it. */
function balanced(text: string): string {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '"' && text.charAt(at - 1) !== '\\') quoted = !quoted;
    if (quoted) continue;
    if (character === '{') depth += 1;
    if (character === '}') depth -= 1;
    if (depth === 0) return text.slice(0, at + 1);
  }
  return text;
}

/** The data of the events that a text prints, one a line. */
export function findEvents(text: string): readonly string[] {
  return [...text.matchAll(/^data: (\[DONE\]|\{.*?\}+)(?=[A-Z]*$)/gm)].map(([, data = '']) => data);
}
