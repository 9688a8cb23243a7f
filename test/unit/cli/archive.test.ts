import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runExport, runImport } from '../../../src/cli/archive.ts';
import { runCommand } from '../../../src/cli/commands.ts';
import { openEmbeddedStore } from '../../../src/stores/embedded/index.ts';
import { emptyFolder, removeFolder, writeConfig } from '../../support/program.mjs';
import { draftConversation } from '../../support/store-drafts.ts';

let folder: string;
let config: string;
beforeEach(async () => {
  folder = await emptyFolder();
  config = await writeConfig(folder);
});
afterEach(() => removeFolder(folder));

const old = '2020-01-01T00:00:00.000Z';

/** A store with one conversation, of long ago. */
async function fill(): Promise<void> {
  const store = await openEmbeddedStore({ path: join(folder, 'data') });
  await store.openConversation(draftConversation({ createdAt: old }));
  await store.close();
}

async function exported(): Promise<string> {
  const output = new PassThrough();
  const all = text(output);
  expect(await runExport(['--from', config], output)).toEqual({ output: '', code: 0 });
  output.end();
  return all;
}

describe('dragoman export', () => {
  it('gives what is there, whatever its age, and takes nothing away', async () => {
    config = await writeConfig(folder, (document) => {
      document.store.retention = '7d';
    });
    await fill();
    const lines = (await exported()).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { kind: string }).kind)).toEqual(['export', 'conversation', 'end']);
    expect((await exported()).trimEnd().split('\n')).toEqual(lines);
  });

  it('makes no store where there is none', async () => {
    const told = { code: 2, output: `There is no store in ${join(folder, 'data')}\n` };
    expect(await runCommand(['export', '--from', config])).toEqual(told);
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });

  it('fails where nobody reads on', async () => {
    await fill();
    const output = new PassThrough();
    output.destroy();
    await expect(runExport(['--from', config], output)).rejects.toThrow();
  });
});

describe('dragoman import', () => {
  const asDocument = async (values: readonly string[], lines: string) => {
    const { output, code } = await runImport(
      [...values, '--to', config, '--json'],
      Readable.from([Buffer.from(lines)]),
    );
    return { code, ...(JSON.parse(output) as object) };
  };

  it('reads standard input, and ends with 1 where something stands there otherwise', async () => {
    await fill();
    const lines = await exported();
    await removeFolder(join(folder, 'data'));
    expect(await asDocument([], lines)).toMatchObject({ code: 0, added: { conversations: 1 }, different: 0 });
    expect(await asDocument(['-'], lines)).toMatchObject({ code: 0, added: { conversations: 0 }, different: 0 });
    const other = lines.replace('"agentId":"support"', '"agentId":"other"');
    expect(await asDocument([], other)).toMatchObject({ code: 1, added: { conversations: 0 }, different: 1 });
    expect(await exported()).toBe(lines);
  });

  it.each([
    ['what is no export', 'hello\n', 'Line 1 is not JSON: the file is cut off, or none of dragoman export\n'],
    ['a cut line', '{"kind":"export","version":1}\n{"kind":"conv', 'Line 2 is not JSON: the file is cut off'],
  ])('is refused for %s', async (_name, content, told) => {
    const file = join(folder, 'file');
    await writeFile(file, content);
    const { code, output } = (await runCommand(['import', file, '--to', config])) as { code: number; output: string };
    expect({ code, output }).toEqual({ code: 2, output: expect.stringContaining(told) });
  });

  it('tells of a file that is not there', async () => {
    const file = join(folder, 'missing');
    const told = { code: 2, output: expect.stringContaining(`no such file or directory, open '${file}'`) };
    expect(await runCommand(['import', file, '--to', config])).toEqual(told);
  });

  it('says that a gateway has the folder, and what its command line lacks', async () => {
    const store = await openEmbeddedStore({ path: join(folder, 'data') });
    for (const command of ['export', 'import']) {
      const words = command === 'export' ? ['--from', config] : [config, '--to', config];
      const taken = { code: 2, output: expect.stringContaining('it is in use by another process') };
      expect(await runCommand([command, ...words])).toEqual(taken);
      expect(await runCommand([command])).toMatchObject({
        code: 64,
        output: expect.stringContaining('DRAGOMAN_CONFIG'),
      });
    }
    await store.close();
    expect(await runCommand(['export', 'x', '--from', config])).toMatchObject({ code: 64 });
    expect(await runCommand(['import', 'x', 'y', '--to', config])).toMatchObject({ code: 64 });
  });
});
