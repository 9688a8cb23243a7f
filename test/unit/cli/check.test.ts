import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../../../src/cli/commands.ts';
import { runKey } from '../../../src/cli/key.ts';
import { emptyFolder, removeFolder, writeConfig } from '../../support/program.mjs';

let folder: string;
beforeEach(async () => {
  folder = await emptyFolder();
});
afterEach(() => removeFolder(folder));

describe('dragoman check', () => {
  it('ends with 0 where a gateway would start, and tells what it would serve and what is unwise', async () => {
    const file = await writeConfig(folder);
    const checked = await runCommand(['check', file]);
    expect(checked).toMatchObject({ code: 0, output: expect.stringContaining(`${file} is valid\n`) });
    expect(checked).toMatchObject({ output: expect.stringContaining('  backend shop: catalog shop\n') });
    expect(checked).toMatchObject({ output: expect.stringContaining("warning: whoever guesses a visitor's session") });
  });

  it('ends with 1 and every error of the document', async () => {
    const file = join(folder, 'gateway.yaml');
    await writeFile(file, 'listen: { port: 99999 }\ntenants: []\nbackends: {}\n');
    const checked = (await runCommand(['check', file, '--json'])) as { output: string; code: number }; // it ends by itself
    expect(checked.code).toBe(1);
    const { valid, errors } = JSON.parse(checked.output) as { valid: boolean; errors: readonly string[] };
    expect(valid).toBe(false);
    expect(errors.join()).toMatch(/listen\.port: expected at most 65535/);
    expect(errors.join()).toMatch(/tenants: expected at least one entry/);
  });

  it.each([
    ['questions', 'backends.shop.questions'],
    ['a catalogue', 'catalogs.shop.file'],
  ])('ends with 1 where %s that it names cannot be read', async (_what, place) => {
    const file = await writeConfig(folder, (demo) => {
      const [part = '', name = '', field = ''] = place.split('.');
      demo[part][name][field] = './missing.ndjson';
    });
    expect(await runCommand(['check', file])).toMatchObject({
      code: 1,
      output: expect.stringMatching(
        new RegExp(`${join(folder, 'missing.ndjson')}.*Relative paths begin at ${folder}\\n`),
      ),
    });
  });

  it('leaves the database of a catalogue alone, and reads its file', async () => {
    let connections = 0;
    const database = createServer((socket) => {
      connections += 1;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(database, 'listening');
    const { port } = database.address() as AddressInfo; // it listens on TCP
    const file = await writeConfig(folder, (demo) => {
      Object.assign(demo.catalogs.shop, { engine: 'postgres', url: `postgres://shop:s@127.0.0.1:${port}/shop` });
    });
    expect(await runCommand(['check', file])).toMatchObject({ code: 0 });
    await writeConfig(folder, (demo) => {
      const url = `postgres://shop:s@127.0.0.1:${port}/shop`;
      Object.assign(demo.catalogs.shop, { engine: 'postgres', url, file: './missing.ndjson' });
    });
    expect(await runCommand(['check', file])).toMatchObject({ code: 1 });
    expect(connections).toBe(0);
    database.close();
  });

  it('ends with 64 for a command line that is none of it', async () => {
    expect(await runCommand(['check'])).toMatchObject({ code: 64 });
    expect(await runCommand(['check', 'a', 'b'])).toMatchObject({ code: 64 });
    expect(await runCommand(['check', 'a', '--nonsense'])).toMatchObject({ code: 64 });
  });
});

describe('dragoman key', () => {
  const hashOf = (secret: string) => createHash('sha256').update(secret).digest('hex');

  it('makes another secret each time, with the line that knows it', async () => {
    const made = await Promise.all([1, 2].map(() => runKey(['new', '--name', 'storefront'])));
    const secrets = made.map(({ output }) => {
      const [secret = '', line] = output.split('\n');
      expect(secret).toMatch(/^[\w-]{43}$/);
      expect(line).toBe(`- { name: storefront, sha256: ${hashOf(secret)} }`);
      return secret;
    });
    expect(new Set(secrets).size).toBe(2);
  });

  it('hashes a secret from standard input, without its line end', async () => {
    const { output } = await runKey(['hash'], Readable.from(['demo', '-key\n']));
    expect(output).toBe(`- { name: key, sha256: ${hashOf('demo-key')} }\n`);
  });

  it('takes no secret on the command line', async () => {
    expect(await runCommand(['key', 'hash', 'my-secret'])).toMatchObject({ code: 64 });
    expect(JSON.stringify(await runCommand(['key', 'hash', 'my-secret']))).not.toContain('my-secret');
  });
});
