import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../../../src/cli/commands.ts';
import { emptyFolder, removeFolder } from '../../support/program.mjs';

let folder: string;
beforeEach(async () => {
  folder = await emptyFolder();
});
afterEach(() => removeFolder(folder));

async function check(text: string, ...options: readonly string[]) {
  const file = join(folder, 'p.csv');
  await writeFile(file, text);
  return runCommand(['catalog', 'check', file, ...options]);
}

describe('dragoman catalog check', () => {
  it('ends with 0 where everything could be read', async () => {
    const output =
      '1 products: 1 with a price, 1 with a currency, 0 with their stock, 0 with choices\n0 rows that are no product\n0 fields that could not be read\n';
    expect(await check('id,title,price\n1,Lamp,5\n', '--currency', 'EUR')).toEqual({ output, code: 0 });
  });

  it('ends with 1 and tells what could not be read, by field and reason, with the first of each', async () => {
    const rows = Array.from({ length: 30 }, (_, number) => `${number},Lamp ${number},ask`);
    const checked = await check(`id,title,price\n${rows.join('\n')}\nx,,5\n`);
    expect(checked).toMatchObject({ code: 1 });
    const { output } = checked as { output: string }; // it ends by itself
    expect(output).toContain('1 rows that are no product:\n  32: a product needs a title\n');
    expect(output).toContain('30 fields that could not be read:\n  price not-an-amount: 30\n');
    expect(output.match(/: price "ask"/g)).toHaveLength(10);
  });

  it('ends with 2 for what is no catalogue, for options that there are not, and without a file', async () => {
    expect(await check('')).toMatchObject({ code: 2, output: expect.stringContaining('it has no rows') });
    expect(await check('id,title\n1,Lamp\n', '--nonsense')).toMatchObject({ code: 2 });
    expect(await check('id,title\n1,Lamp\n', '--format', 'odt')).toMatchObject({ code: 2 });
    expect(await runCommand(['catalog', 'check'])).toMatchObject({ code: 2 });
    expect(await runCommand(['fly'])).toMatchObject({ code: 2 });
  });

  it('has help everywhere, and serves without a command', async () => {
    for (const words of [['--help'], ['serve', '--help'], ['catalog', '--help'], ['catalog', 'check', '--help']]) {
      expect(await runCommand(words)).toMatchObject({ code: 0, output: expect.stringMatching(/^Usage: dragoman/) });
    }
    expect([await runCommand([]), await runCommand(['serve'])]).toEqual(['serve', 'serve']);
  });
});
