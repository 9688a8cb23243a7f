import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { attributeNames, columnNames, optionNames } from '../../../src/catalog/column-names.ts';
import { plainName } from '../../../src/catalog/columns.ts';
import { checkCatalog } from '../../../src/cli/catalog-check.ts';
import { catalogFormatOf } from '../../../src/config/index.ts';
import { catalogOf, fileOf, itemOf } from './files.ts';

const read = (path: string): Promise<string> => readFile(new URL(`../../../${path}`, import.meta.url), 'utf8');

interface Settings {
  readonly $defs: {
    readonly catalog: {
      readonly properties: {
        readonly fields: { readonly properties: Readonly<Record<string, { readonly description: string }>> };
      };
    };
  };
}

/** Names as the reader tells them apart, each once, and none that is in `known`, where they are kept. */
function namesOf(text: string, known = new Set<string>()): string {
  const shown: string[] = [];
  for (const name of text.trim().split(/\s+/)) {
    if (!known.has(plainName(name))) shown.push(`\`${name}\``);
    known.add(plainName(name));
  }
  return shown.join(' ');
}

/** What the tables of names say, as the page is to show it: only what a shop can name in `fields` is a column of its file. */
function columnsTable({ $defs }: Settings): string {
  const fields = $defs.catalog.properties.fields.properties;
  const known = new Set<string>();
  const rows = Object.entries(columnNames).flatMap(([column, names]) => {
    const meaning = fields[column]?.description.replace(/^The file's name for /, '');
    return meaning === undefined ? [] : [`| \`${column}\` | ${meaning} | ${namesOf(names, known)} |`];
  });
  return [
    '',
    '| field | what it is | its names, the most telling first |',
    '| --- | --- | --- |',
    ...rows,
    '',
    `Shown as attributes: ${namesOf(attributeNames)}`,
    '',
    `Variants are chosen by: ${namesOf(optionNames)}`,
    '',
    '',
  ].join('\n');
}

describe('the page on catalogues', async () => {
  const page = await read('docs/catalog.md');
  const blockOf = (language: string): string => new RegExp(`\`\`\`${language}\n([^\`]*)\`\`\``).exec(page)?.[1] ?? '';

  it('lists the columns as the tables of names have them', async () => {
    const table = columnsTable(JSON.parse(await read('schemas/config.json')) as Settings); // our own file
    const [, listed] = /<!-- columns[^>]*-->\n([^]*?)<!-- end -->/.exec(page) ?? [];
    expect(listed, `docs/catalog.md is to have between its marks:\n${table}`).toBe(table);
  });

  it('shows what `catalog check` says of its example', async () => {
    const { output, code } = await checkCatalog([await fileOf('shop.csv', blockOf('csv'))]);
    expect(page).toContain(`\n\`\`\`\n${output}\`\`\`\n`);
    expect(code).toBe(1);
  });

  it('has an example of a product with variants', async () => {
    const catalog = await catalogOf('shop.ndjson', blockOf('json'));
    expect([catalog.rejectedCount, catalog.fieldErrors.counts]).toEqual([0, []]);
    expect(await itemOf(catalog, 'tee-l')).toMatchObject({
      id: 'tee',
      price: '19.00',
      highestPrice: '21.00',
      quantity: 4,
    });
  });

  it('names endings that tell a format', () => {
    const endings = /Endings that tell a format: ([^\n]*), each/.exec(page)?.[1]?.match(/\.\w+/g) ?? [];
    expect(endings.length).toBeGreaterThan(9);
    for (const ending of endings) expect(catalogFormatOf(`a${ending}.gz`), ending).toBeDefined();
  });
});
