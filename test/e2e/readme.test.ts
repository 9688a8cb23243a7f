import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminApi } from '../../src/admin/index.ts';
import { carries as catalogCarries } from '../../src/backends/catalog/index.ts';
import { carriesOf as modelCarries } from '../../src/backends/language-model/carries.ts';
import { carriesOf } from '../../src/dialects/dialect.ts';
import { dialects } from '../../src/dialects/registry.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';

const top = new URL('../../', import.meta.url);
const read = (name: string) => readFile(new URL(name, top), 'utf8');
const readme = await read('README.md');
const pages = (await readdir(new URL('docs/', top)))
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);
/** The README and every page of `docs/`, by their names. */
const documents = new Map(
  await Promise.all(['README.md', 'SECURITY.md', ...pages].map(async (name) => [name, await read(name)] as const)),
);
const [dialectsPage = '', backendsPage = ''] = ['docs/dialects.md', 'docs/backends.md'].map((name) =>
  documents.get(name),
);

interface Example {
  readonly command: string;
  readonly language: string;
  readonly answer: string;
}

/** Every `curl` block of a page with the block that follows it. */
const examplesOf = (page: string): readonly Example[] =>
  [...page.matchAll(/```sh\n(curl [^`]*)```\n(?:\n[^`#]*)?(?:\n?```(\w*)\n([^`]*)```)?/g)].map(
    ([, command = '', language = '', answer = '']) => ({ command, language, answer }),
  );

/** The shape of a document: keys and types, an array by its first element. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, shapeOf(field)]));
}

describe('the README and the documents', () => {
  let gateway: TestGateway;
  let chatId = '';
  beforeAll(async () => {
    gateway = await runGateway();
  });
  afterAll(() => gateway.close());

  it('show commands', () => {
    expect(examplesOf(readme).length).toBeGreaterThanOrEqual(3);
    expect(examplesOf(dialectsPage).length).toBeGreaterThanOrEqual(8);
  });

  it('keep the README short', () => {
    expect(Buffer.byteLength(readme)).toBeLessThanOrEqual(9 * 1024);
  });

  it('name no file that is not there', () => {
    for (const [name, text] of documents) {
      for (const [, target = ''] of text.matchAll(/\]\(([^)#:]+)\)/g)) {
        expect(existsSync(new URL(target, new URL(name, top))), `${name}: ${target}`).toBe(true);
      }
    }
  });

  const examples = [...documents].flatMap(([name, text]) => examplesOf(text).map((example) => ({ name, ...example })));
  for (const { name, command, language, answer } of examples) {
    it(`${name} is right about: ${command.split('\n')[0] ?? ''}`, async () => {
      const line = command.replaceAll('http://127.0.0.1:8080', gateway.url);
      const { stdout } = await promisify(execFile)('bash', ['-c', line.replace(/^curl/, 'curl -s --fail-with-body')], {
        env: { ...process.env, CHAT_ID: chatId },
      });
      if (language === 'json') {
        const body: unknown = JSON.parse(stdout);
        chatId = /"chatbotId"/.test(stdout) ? String(Object(body).id) : chatId;
        expect(shapeOf(body)).toMatchObject(Object(shapeOf(JSON.parse(answer))));
      } else {
        const promised = answer.split('\n').filter((text) => text.startsWith('data: '));
        for (const text of [promised[0], promised.at(-1)]) if (text !== undefined) expect(stdout).toContain(text);
      }
    });
  }

  it('shows what each dialect and each kind of backend carries', () => {
    const [, listed] = /<!-- carries[^>]*-->\n([^]*?)<!-- \/carries -->/.exec(backendsPage) ?? [];
    expect(listed).toBe(carriesTable());
  });

  it('lists the operations of each dialect as their tables have them', () => {
    const [, listed] = /<!-- operations[^>]*-->\n([^]*?)<!-- \/operations -->/.exec(dialectsPage) ?? [];
    expect(listed).toBe(operationTable());
  });
});

/** A field a row, a dialect or a kind of backend a column. */
function carriesTable(): string {
  const columns: readonly (readonly [string, ReadonlySet<string>])[] = [
    ...dialects.map((dialect) => [dialect.name, carriesOf(dialect)] as const),
    ['LLM', modelCarries({ hasCatalog: false, callsTools: true, seesImages: true })],
    ['LLM with catalogue', modelCarries({ hasCatalog: true, callsTools: true, seesImages: true })],
    ['catalogue', catalogCarries],
  ];
  const fields = new Set(columns.flatMap(([, carries]) => [...carries]));
  const ordered = ['', 'output.', 'item.'].flatMap((place) =>
    [...fields].filter((field) => (place === '' ? !field.includes('.') : field.startsWith(place))),
  );
  const rows = ordered.map(
    (field) => `| \`${field}\` | ${columns.map(([, carries]) => (carries.has(field) ? '✓' : '')).join(' | ')} |`,
  );
  const head = columns.map(([name]) => name).join(' | ');
  return `\n| | ${head} |\n| --- |${' --- |'.repeat(columns.length)}\n${rows.join('\n')}\n\n`;
}

function operationTable(): string {
  const rows = [...dialects, adminApi].flatMap(({ name, endpoints, sockets = [] }) => [
    ...endpoints.map(({ operation, method, paths, events, response }) => {
      const answers = [response && 'document', events && 'stream'].filter((form) => form !== undefined);
      return `| ${name} | ${operation} | ${paths.map((path) => `\`${method} ${path}\``).join(', ')} | ${answers.join(', ')} |`;
    }),
    ...sockets.map(
      ({ operation, paths }) => `| ${name} | ${operation}, send-message | \`${paths.join('`, `')}\` | WebSocket |`,
    ),
  ]);
  return `\n| dialect | operation | request | answer |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n\n`;
}
