import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Backend } from '../../src/backends/backend.ts';
import { createCatalogBackend, readQuestions } from '../../src/backends/catalog/index.ts';
import { defined, type Reply } from '../../src/canonical/index.ts';
import { openCatalog, wordsOf } from '../../src/catalog/index.ts';
import { visitTo } from '../unit/backends/catalog/conversation.ts';

/** What one message of a shopper's is to be answered with. Patterns are regular expressions, whatever their case. */
interface Expected {
  readonly ask: string;
  /** In the text: all of these. */
  readonly says?: string | readonly string[];
  /** Not in the text: it would say what the catalogue does not, or deny what it does. */
  readonly never?: string | readonly string[];
  /** Titles that are to be among the products shown, and the one that is to come first. */
  readonly items?: readonly string[];
  readonly first?: string;
  /** Not among their titles: what was not asked for. */
  readonly not?: string;
}

interface Dialogue {
  readonly shop: keyof typeof shops;
  /** The last part of the page's address. */
  readonly page?: string;
  readonly locale?: string;
  readonly turns: readonly Expected[];
}

const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));

const shops = {
  demo: { file: pathOf('../../config/catalog.ndjson'), pages: 'https://store.com/products/' },
  fashion: { file: pathOf('shops/fashion.ndjson'), pages: 'https://moda.example/p/' },
  electronics: { file: pathOf('shops/electronics.ndjson'), pages: 'https://volt.example/p/' },
} as const;

const dialogues: readonly Dialogue[] = parse(readFileSync(pathOf('shoppers.yaml'), 'utf8'));
const turns = dialogues.flatMap((dialogue) => dialogue.turns);

const listOf = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === 'string' ? [value] : value;
const has = (text: string) => (pattern: string) => new RegExp(pattern, 'iu').test(text);

/** What an answer says that it must not. */
function misleading({ text, items }: Reply, { never, not }: Expected): readonly string[] {
  const titles = items.map(({ title }) => title);
  return [...listOf(never).filter(has(text)), ...(not === undefined ? [] : titles.filter((title) => has(title)(not)))];
}

/** A yes, a no or a number: what an answer only repeats of the question is none. */
const isClaim = (pattern: string): boolean =>
  /\d|^\^?\(?(?:yes|no|ja|nein|oui|non|s[ií]|nee)\b/i.test(pattern.replaceAll('\\b', ' '));

/** An answer without the quotations that hold nothing but words of the question. */
function withoutEchoes(text: string, ask: string): string {
  const asked = new Set(wordsOf(ask));
  return text.replace(/[“„«"]([^“”„«»"]*)[”“»"]/gu, (quoted, words: string) =>
    wordsOf(words).every((word) => asked.has(word)) ? '' : quoted,
  );
}

/** What an answer does not have that it should. */
function lacking({ text, items }: Reply, { ask, says, items: wanted = [], first }: Expected): readonly string[] {
  const titles = items.map(({ title }) => title);
  const own = withoutEchoes(text, ask);
  return [
    ...listOf(says).filter((pattern) => !has(isClaim(pattern) ? own : text)(pattern)),
    ...wanted.filter((title) => !titles.includes(title)),
    ...(first === undefined || titles[0] === first ? [] : [first]),
  ];
}

interface Judged {
  readonly ask: string;
  readonly answer: string;
  readonly misleads: readonly string[];
  readonly lacks: readonly string[];
}

/** What may be said of a dialogue and of a turn: a mistyped name would judge nothing. */
const known = { dialogue: 'shop page locale turns', turn: 'ask says never items first not' };

describe('what shoppers ask', () => {
  const backends = new Map<string, Backend>();
  beforeAll(async () => {
    for (const [name, { file }] of Object.entries(shops)) {
      const questions = name === 'demo' ? readQuestions(pathOf('../../config/questions.yaml')) : [];
      backends.set(name, createCatalogBackend({ name, catalog: await openCatalog({ name, file }), questions }));
    }
  });

  async function judge({ shop, page, locale, turns: asked }: Dialogue): Promise<readonly Judged[]> {
    const backend = backends.get(shop);
    if (backend === undefined) throw new Error(`There is no shop ${shop}`);
    const say = visitTo(backend);
    const judged: Judged[] = [];
    for (const expected of asked) {
      const pageUrl = page === undefined ? undefined : `${shops[shop].pages}${page}`;
      const reply = await say(expected.ask, defined({ pageUrl, locale }));
      const answer = `${reply.text} [${reply.items.map(({ title }) => title).join(', ')}]`;
      judged.push({
        ask: expected.ask,
        answer,
        misleads: misleading(reply, expected),
        lacks: lacking(reply, expected),
      });
    }
    return judged;
  }

  it('is asked three hundred times, in six languages', () => {
    expect(turns.length).toBeGreaterThanOrEqual(300);
  });

  it('is judged by what this test knows of', () => {
    const strange = (value: object, names: string) =>
      Object.keys(value).filter((key) => !names.split(' ').includes(key));
    expect(dialogues.flatMap((dialogue) => strange(dialogue, known.dialogue))).toEqual([]);
    expect(turns.flatMap((turn) => strange(turn, known.turn))).toEqual([]);
  });

  it('is answered without misleading anyone, and nothing wrong', async () => {
    const judged: Judged[] = [];
    for (const dialogue of dialogues) judged.push(...(await judge(dialogue)));
    const misled = judged.filter(({ misleads }) => misleads.length > 0);
    const wrong = judged.filter(({ misleads, lacks }) => misleads.length === 0 && lacks.length > 0);
    const share = (list: readonly Judged[]) =>
      `${list.length} of ${judged.length} (${((list.length / judged.length) * 100).toFixed(1)} %)`;
    process.stdout.write(`shoppers: misleading ${share(misled)}, wrong ${share(wrong)}\n`);
    for (const { ask, answer, misleads, lacks } of process.env['SHOPPERS'] === undefined ? [] : [...misled, ...wrong])
      process.stdout.write(`- ${ask}\n  ${answer}\n  misleads: ${misleads.join(' | ')}; lacks: ${lacks.join(' | ')}\n`);
    expect(misled).toEqual([]);
    expect(wrong).toEqual([]);
  });
});
