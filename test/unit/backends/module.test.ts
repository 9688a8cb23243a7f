import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createModuleBackend } from '../../../src/backends/module/index.ts';
import { ask, createTestWatch, guard, hear } from './guarding.ts';

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
    ["Object.assign(new Error('No such file'), { code: 'ENOENT' })", 'upstream-failed'],
    ["Object.assign(new Error('No number'), { code: 7 })", 'upstream-failed'],
    ["new Error('A bug')", 'upstream-failed'],
    ["'not even an error'", 'upstream-failed'],
    ['undefined', 'upstream-failed'],
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
    '{ [Symbol.asyncIterator]: () => ({ next: () => undefined }) }',
    '{ [Symbol.asyncIterator]: () => 7 }',
    '(function* () { yield []; })()',
  ])('whose answer is %s fails, and takes nobody with it', async (answer) => {
    const backend = await make(`export default () => ({ answer: () => (${answer}) });`);
    expect(await hear(guard(backend, {}, { type: 'module' }))).toMatchObject({
      code: 'upstream-protocol',
      batches: [],
    });
  });

  it('whose answer throws at once fails with the code that the error names', async () => {
    const backend = await make(`
      export default () => ({ answer() { throw Object.assign(new Error('No room'), { code: 'upstream-unavailable' }); } });`);
    expect(await hear(guard(backend, {}, { type: 'module' }))).toMatchObject({ code: 'upstream-unavailable' });
  });
});

/** What a module may say in the place of products or of events, as JavaScript. */
const unreadable: readonly (readonly [string, string])[] = [
  ['nested 10,000 levels deep', 'items(nest(10_000, (inner) => ({ deep: inner })))'],
  ['lists in lists', 'items(nest(200_000, (inner) => [inner]))'],
  ['that hold themselves', 'items(circle)'],
  ['with a BigInt', 'items({ quantity: 3n })'],
  ['with a symbol', "items({ brand: Symbol('x') })"],
  ['with a function', 'items({ toJSON() { return 1; } })'],
  [
    'with a getter that throws',
    "[{ type: 'items-found', items: [{ id: '1', title: 'Desk', get brand() { throw new Error('Not today'); } }] }]",
  ],
  ['with a getter that throws no error', "[{ type: 'items-found', get items() { throw undefined; } }]"],
  ['with a quantity without an end', 'items({ quantity: 1e400 })'],
  ['with a price that is a number', 'items({ price: 5 })'],
  ['with attributes that are none', "items({ attributes: 'red' })"],
  ['with nothing in their place', "[{ type: 'items-found' }]"],
  ['that are none', "[{ type: 'items-found', items: [7] }]"],
  ['of 20 MB', "items({ title: 'x'.repeat(20_000_000) })"],
  ['of a million values', 'items({ attributes: Array(1_000_000).fill({}) })'],
  ['as many as a list can hold', "[{ type: 'items-found', items: Array(4_294_967_295) }]"],
  [
    'that are counted without an end',
    "[{ type: 'items-found', items: new Proxy([], { get: (_, name) => (name === 'length' ? Infinity : undefined) }) }]",
  ],
  ['that go on without an end', '{ [Symbol.iterator]: endless, some: () => true, at: () => undefined }'],
  ['suggestions that go on without an end', "[{ type: 'suggestions', suggestions: { [Symbol.iterator]: endless } }]"],
  ['no text in a text', "[{ type: 'text-delta', text: { toString: 7 } }]"],
  ['a text of 20 MB', "[{ type: 'text-delta', text: 'x'.repeat(20_000_000) }]"],
  ['an event that nobody knows', "[{ type: 'confetti' }]"],
  ['events that are none', '[undefined]'],
  ['a trap', "[new Proxy({}, { ownKeys() { throw new Error('Trapped'); } })]"],
];

const material = `
  const nest = (depth, wrap) => { let inner = 1; for (let at = 0; at < depth; at += 1) inner = wrap(inner); return inner; };
  const items = (fields) => [{ type: 'items-found', items: [{ id: '1', title: 'Desk', ...(Array.isArray(fields) ? { deep: fields } : fields) }] }];
  const circle = {}; circle.self = circle;
  function* endless() { for (;;) yield { type: 'text-delta', text: '' }; }`;

describe('a module that says what nobody can read:', () => {
  it.each(unreadable)('%s', async (_what, said) => {
    const backend = await make(`${material}
      export default () => ({ async *answer(turn, context) { yield [${start}, { type: 'text-delta', text: 'So far' }]; yield ${said}; yield [${end}]; } });`);
    const { watch, count } = createTestWatch();
    const heard = await hear(guard(backend, {}, { type: 'module', watch }));
    expect(heard).toMatchObject({ code: 'upstream-protocol', text: 'So far' });
    expect(await count('dragoman_backend_attempts_total', { backend: 'mine', code: 'upstream-protocol' })).toBe(1);
  });

  it('the failure names the backend, and what it was', async () => {
    const backend = await make(`${material}
      export default () => ({ async *answer(turn, context) { yield [${start}]; yield items(circle); } });`);
    const failing = (async () => {
      for await (const _batch of ask(guard(backend, {}, { type: 'module' })));
    })();
    await expect(failing).rejects.toMatchObject({
      message: 'The module of the backend mine gives what cannot be read',
      cause: { message: 'A batch is nested deeper than 64 levels' },
    });
  });

  it.each([
    ['batches without events', '[]'],
    ['events without a word', "[{ type: 'typing' }]"],
    ['words without an end', "[{ type: 'text-delta', text: 'x' }]"],
  ])('%s without an end, while others get their turn', async (_what, said) => {
    const backend = await make(`
      export default () => ({ async *answer(turn, context) { yield [${start}, { type: 'text-delta', text: 'So far' }]; for (;;) yield ${said}; } });`);
    let turns = 0;
    const others = setInterval(() => (turns += 1), 1);
    const heard = await hear(guard(backend, {}, { type: 'module' }));
    clearInterval(others);
    expect(heard).toMatchObject({ code: 'upstream-protocol' });
    expect(turns).toBeGreaterThan(10);
  });

  it('is read but once, so that it cannot change its mind', async () => {
    const backend = await make(`
      export default () => ({ async *answer(turn, context) {
        let looks = 0;
        yield [${start}, { type: 'text-delta', get text() { looks += 1; return String(looks); } }, ${end}];
      } });`);
    expect(await hear(guard(backend, {}, { type: 'module' }))).toMatchObject({ text: '1' });
  });
});
