import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesOf, loadConfig } from '../../../src/config/index.ts';
import { errorsOf, read, sampleWith } from './sample.ts';

const nameOf = (value: string, env: Record<string, string> = {}) =>
  read(sampleWith('tenants.0.name', value), env).tenants[0]?.name;

describe('values from files', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dragoman-'));
    for (const [name, text] of Object.entries({ name: 'Shop\n', windows: 'Shop\r\n', two: 'a\n\n', none: '' })) {
      await writeFile(join(folder, name), text);
    }
  });
  afterAll(() => rm(folder, { recursive: true }));
  const inFile = (name: string) => `\${file:${join(folder, name)}}`;

  it('are put into text like those of the environment, without the end of their last line', () => {
    expect(nameOf(inFile('name'))).toBe('Shop');
    expect(nameOf(`${inFile('windows')} of ${inFile('two')}\${CITY:-Bern}`)).toBe('Shop of a\nBern');
  });

  it('are looked for from the folder of the configuration, which names them among its files', async () => {
    const path = join(folder, 'gateway.yaml');
    await writeFile(path, JSON.stringify(sampleWith('tenants.0.name', '${file:./name}${file:name}')));
    const config = loadConfig({ path, env: {} });
    expect(config.tenants[0]?.name).toBe('ShopShop');
    expect(filesOf(config)).toEqual([path, join(folder, 'catalog.ndjson'), join(folder, 'name')]);
  });

  it('are told with the file where it cannot be read, and are what they are where it can', () => {
    const told = errorsOf(sampleWith('tenants.0.name', inFile('gone'))).join();
    expect(told).toContain(`tenants[0].name: expected the file ${join(folder, 'gone')} to be readable; got ENOENT`);
    expect(errorsOf(sampleWith('tenants.0.id', inFile('none'))).join()).toContain('text that is not empty');
    expect(nameOf('${file:-Shop}')).toBe('Shop');
  });
});

describe('values from the environment', () => {
  it('are put into text, with a default where the variable is not set or empty', () => {
    expect(nameOf('${SHOP} of ${CITY:-Bern}', { SHOP: 'Shop' })).toBe('Shop of Bern');
    expect(nameOf('${CITY:-Bern}', { CITY: '' })).toBe('Bern');
    expect(nameOf('${CITY:-a:-b}')).toBe('a:-b');
  });

  it('are not looked up after $${, which stands for ${', () => {
    expect(nameOf('costs $${PRICE}, $5, $$')).toBe('costs ${PRICE}, $5, $$');
  });

  it('are never read as YAML, nor looked into again', () => {
    const evil = 'x", admin: { tokens: [] }\nlisten: { host: 0.0.0.0 } # ${HOME} $${';
    expect(nameOf('${SHOP}', { SHOP: evil })).toBe(evil);
  });

  it('are not looked for in keys', () => {
    expect(errorsOf({ '${NAME}': 1 }, { NAME: 'store' }).join()).toContain('${NAME}');
  });

  it('become numbers and true or false where the schema wants them, and nowhere else', () => {
    const port = sampleWith('listen', { port: '${P:-8081}', trustProxy: '${T}' });
    expect(read(port, { T: '2' }).listen).toMatchObject({ port: 8081, trustProxy: 2 });
    const revoked = read(sampleWith('tenants.0.keys.0.revoked', '${R}'), { R: 'true' });
    expect(revoked.tenants[0]?.keys[0]?.revoked).toBe(true);
    expect(nameOf('${SHOP}', { SHOP: '42' })).toBe('42');
    expect(errorsOf(sampleWith('listen', { port: '80${P:-81}' })).join()).toContain('expected a whole number');
    expect(errorsOf(sampleWith('listen', { port: '8081' })).join()).toContain('expected a whole number');
  });

  it('that are no number are told, with the bounds still held', () => {
    const document = sampleWith('listen', { port: '${P}' });
    expect(errorsOf(document, { P: '80a' }).join()).toContain(
      'listen.port: expected a whole number; got text of 3 characters',
    );
    expect(errorsOf(document, { P: '1e3' }).join()).toContain(
      'listen.port: expected a whole number; got text of 3 characters',
    );
    expect(errorsOf(document, { P: '65536' }).join()).toContain('listen.port: expected at most 65535; got 65536');
    expect(errorsOf(document, { P: '80.5' }).join()).toContain('listen.port: expected a whole number; got 80.5');
  });

  it('that are not set are told with the path and the variable, all of them', () => {
    const errors = errorsOf(sampleWith('tenants.0.name', '${A} ${B}'));
    expect(errors).toHaveLength(2);
    expect(errors[0]).toMatch(
      /tenants\[0\]\.name: expected the environment variable A to be set, or a default: \$\{A:-…\}/,
    );
  });

  it('that are not set are told once, not also as a wrong number', () => {
    expect(errorsOf(sampleWith('listen', { port: '${A}' }))).toHaveLength(1);
  });

  it.each(['${}', '${1A}', '${A-b}', '${A', '${A:b}'])('are not guessed from %s', (text) => {
    expect(errorsOf(sampleWith('tenants.0.name', text), { A: 'x' }).join()).toContain('expected ${NAME}');
  });

  it('hide no error of the file where they come before it', () => {
    expect(errorsOf(sampleWith('listen', { port: 99_999 }), { PORT: '8080' })).toEqual([
      expect.stringMatching(/^ {2}\S+: listen\.port: expected at most 65535; got 99999$/),
    ]);
  });

  it('name their variable where it overrides the file', () => {
    expect(errorsOf(sampleWith('listen', { port: '${UNSET}' }), { PORT: 'x' })).toEqual([
      '  environment variable PORT: listen.port: expected a whole number; got text of 1 character',
    ]);
  });
});
