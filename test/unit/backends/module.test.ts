import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createModuleBackend } from '../../../src/backends/module/index.ts';
import { guard, hear } from './guarding.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dragoman-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let files = 0;
/** The backend that a module of this text makes. */
async function make(text: string) {
  files += 1;
  const path = join(folder, `backend-${files}.mjs`);
  await writeFile(path, text);
  return createModuleBackend({ name: 'mine', path, options: { word: 'Hello' }, catalogs: new Map() });
}

const start = "{ type: 'reply-start', replyId: context.replyId }";
const end = "{ type: 'reply-end', finishReason: 'stop' }";

describe('a module', () => {
  it('may make its backend in its own time, and of a class', async () => {
    const backend = await make(`
      class Mine {
        #word;
        closed = 0;
        constructor(word) { this.#word = word; }
        async *answer(turn, context) { yield [${start}, { type: 'text-delta', text: this.#word }, ${end}]; }
        async close() { globalThis.closedModules = (globalThis.closedModules ?? 0) + 1; }
      }
      export default async ({ options }) => new Mine(options.word);`);
    expect(await hear(guard(backend))).toMatchObject({ text: 'Hello' });
    await guard(backend).close?.();
    expect(globalThis).toMatchObject({ closedModules: 1 });
  });

  it.each([
    ['is not JavaScript', 'export default (', /^Backend mine: .*backend-\d+\.mjs cannot be loaded: /],
    ['has no default export', 'export const backend = 1;', /has no function as its default export$/],
    ['throws', "export default () => { throw new Error('No key'); };", /failed to make its backend: No key$/],
    ['makes nothing', 'export default () => undefined;', /makes no backend: /],
    ['says wrongly what it carries', 'export default () => ({ answer() {}, carries: 5 });', /makes no backend: /],
    ['makes something else', 'export default () => ({ reply() {} });', /makes no backend: /],
  ])('that %s is told by its name and path', async (_what, text, message) => {
    await expect(make(text)).rejects.toThrow(message);
  });

  it('that is not there is told by its name and path', async () => {
    const path = join(folder, 'nowhere.mjs');
    const making = createModuleBackend({ name: 'mine', path, options: {}, catalogs: new Map() });
    await expect(making).rejects.toThrow(`Backend mine: ${path} cannot be loaded`);
  });

  it.each([
    ["Object.assign(new Error('No room'), { code: 'upstream-unavailable' })", 'upstream-unavailable'],
    ["Object.assign(new Error('No such file'), { code: 'ENOENT' })", 'internal'],
    ["new Error('A bug')", 'internal'],
    ["'not even an error'", 'internal'],
  ])('that throws %s fails with %s', async (thrown, code) => {
    const backend = await make(
      `export default () => ({ async *answer(turn, context) { yield [${start}]; throw ${thrown}; } });`,
    );
    expect(await hear(guard(backend, {}, { type: 'module' }))).toMatchObject({ code });
  });

  it.each([
    'undefined',
    '[]',
    '({})',
    '{ [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ value: 7 }) }) }',
  ])('whose answer is %s fails, and takes nobody with it', async (answer) => {
    const backend = await make(`export default () => ({ answer: () => (${answer}) });`);
    expect(await hear(guard(backend, {}, { type: 'module' }))).toMatchObject({ code: 'internal', batches: [] });
  });
});
