import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRecorder, type TextPolicy } from '../../src/cassettes/index.ts';
import { dialects } from '../../src/dialects/registry.ts';
import { replay } from '../../src/replay/replay.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { runTap } from '../support/recording-tap.ts';

let folder = '';
let gateway: TestGateway;
const cassettes = new Map<string, string>();

const key = { authorization: 'Bearer demo-key', 'x-api-key': 'demo-key' };
const words = ['Which desk would you recommend for heavy tools?', 'Do you ship to Canada?'];
const agent = '5e9c1a2b-3d4e-4f60-b2f2-9f4b1c2d3e4f';

/** Two turns of one dialogue, as a client of each dialect has it. */
const visits: Readonly<Record<string, (url: string) => Promise<void>>> = {
  async homie(url) {
    const chat = await post(`${url}/v1/chats`, { chatbotId: agent });
    for (const message of words)
      await post(`${url}/v1/chats/${String(chat['id'])}/messages`, { message, currentUrl: '' });
  },
  async 'item-discovery'(url) {
    for (const message of words) await post(`${url}/v1/chat`, { message, conversation_id: 'c-1' });
  },
  async 'agent-slug'(url) {
    const first = await post(`${url}/v1/api/chat/support-agent`, { message: words[0] });
    const { conversationId } = Object(first['data']) as { readonly conversationId: string };
    await post(`${url}/v1/api/chat/support-agent`, { message: words[1], conversationId, stream: true });
    await post(`${url}/v1/api/chat/nobody-at-all`, { message: words[1] });
  },
  async widget(url) {
    for (const message of words)
      await post(`${url}/api/v1/chat/stream`, { site_key: 'sk_demo', session_id: 'session-of-the-run', message });
  },
  async openai(url) {
    for (const stream of [false, true])
      await post(`${url}/v1/chat/completions`, {
        model: 'support-agent',
        stream,
        messages: [{ role: 'user', content: words[Number(stream)] }],
      });
  },
};

async function post(url: string, body: object): Promise<Readonly<Record<string, unknown>>> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(url.includes('/chat/stream') ? {} : key) },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  return text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
}

async function recordVisit(name: string, text: TextPolicy): Promise<string> {
  const file = join(folder, `${name}.${text}.ndjson`);
  const recorder = await createRecorder({ file, text, maxBytes: 1e8 });
  const dialect = dialects.find((each) => each.name === name);
  if (dialect === undefined) throw new Error(`no dialect is called ${name}`);
  const tap = await runTap(gateway.url, dialect, recorder);
  await visits[name]?.(tap.url);
  await tap.close();
  await recorder.close();
  return file;
}

/** The program, run to its end. */
const run = (...words: readonly string[]): Promise<{ readonly code: number; readonly output: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, ['dist/main.js', ...words], (failure, stdout, stderr) =>
      resolve({ code: failure === null ? 0 : Number(failure.code), output: stdout + stderr }),
    );
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'replay-'));
  gateway = await runGateway();
  for (const name of Object.keys(visits)) cassettes.set(name, await recordVisit(name, 'keep'));
});
afterAll(async () => {
  await gateway.close();
  await rm(folder, { recursive: true });
});

const access = ['--key', 'demo-key', '--site', 'sk_demo'];

describe('dragoman replay', () => {
  const pairs = Object.keys(visits).flatMap((name) => dialects.map((other) => [name, other.name] as const));

  it.each(pairs)('of %s, asked of the same server in %s, finds no difference', async (name, as) => {
    const { verdicts, differences } = await replay({
      ...{ cassette: cassettes.get(name) ?? '', url: gateway.url, as, key: 'demo-key', site: 'sk_demo' },
      ...{ pace: 'fast', text: 0.8, ignore: [], timeoutMs: 30_000 },
      // An agent is named by its slug, or by its id, and where a dialect cannot name one another dialect asks for it.
      ...(as !== name && { agent: as === 'homie' ? agent : 'support-agent' }),
    });
    // Of the agent that nobody has, the one that is given in its place answers.
    const isRefused = name === 'agent-slug' && as !== name;
    if (!isRefused) expect(differences).toEqual([]);
    expect(verdicts).toMatchObject({ different: isRefused ? 1 : 0, failed: 0, inconclusive: 0 });
  });

  it('finds what differs, shows it, and can be told to ignore it', async () => {
    const file = join(folder, 'other.ndjson');
    const recorded = await readFile(cassettes.get('item-discovery') ?? '', 'utf8');
    await writeFile(file, recorded.replaceAll('999.99', '989.99'));
    const words = ['replay', file, '--target', gateway.url, ...access];
    const found = await run(...words);
    expect(found.output).toMatch(/item\.price differs 1 times\n {2}line 1: .*989\.99.* before, .*999\.99.* now/);
    expect(found.code).toBe(1);
    expect((await run(...words, '--ignore', 'item.price')).code).toBe(0);
  });

  it('shows a status that changed', async () => {
    const found = await run(
      'replay',
      cassettes.get('agent-slug') ?? '',
      '--target',
      gateway.url,
      '--key',
      'wrong',
      '--json',
    );
    expect(found.code).toBe(1);
    const { differences } = JSON.parse(found.output) as { differences: readonly object[] };
    expect(differences).toContainEqual(
      expect.objectContaining({
        field: 'status',
        examples: expect.arrayContaining([{ line: 1, primary: 200, candidate: 401 }]),
      }),
    );
  });

  it('compares what came of each turn alone where the text is masked', async () => {
    for (const name of Object.keys(visits)) {
      const file = await recordVisit(name, 'mask');
      const cassette = await readFile(file, 'utf8');
      for (const secret of ['demo-key', 'sk_demo', 'session-of-the-run', 'desk', 'Canada'])
        expect(cassette).not.toContain(secret);
      const { verdicts, of } = await replay({
        ...{ cassette: file, url: gateway.url, key: 'demo-key', site: 'sk_demo' },
        ...{ pace: 'fast', text: 0.8, ignore: [], timeoutMs: 30_000 },
      });
      expect([name, verdicts]).toEqual([name, expect.objectContaining({ equal: of, inconclusive: 0 })]);
    }
  });

  it('ends with 2 where nobody is there or there is nothing to compare, 64 for a wrong command', async () => {
    const file = cassettes.get('openai') ?? '';
    const nobody = await run('replay', file, '--target', 'http://127.0.0.1:9', ...access);
    expect(nobody).toMatchObject({ code: 2, output: expect.stringMatching(/^unreachable: /) });
    await writeFile(join(folder, 'empty.ndjson'), '');
    expect((await run('replay', join(folder, 'empty.ndjson'), '--target', gateway.url)).code).toBe(2);
    expect((await run('replay', join(folder, 'none.ndjson'), '--target', gateway.url)).code).toBe(2);
    expect((await run('replay', file)).code).toBe(64);
    expect((await run('replay', file, '--target', 'x', '--speed', '3')).code).toBe(64);
    expect((await run('replay', '--help')).code).toBe(0);
  });
});

describe('the commands in docs/migrating.md', () => {
  it('are ones that the program takes', async () => {
    const page = await readFile('docs/migrating.md', 'utf8');
    const shown = [...page.matchAll(/^npx dragoman (\w+) recorded\.ndjson (.*)$/gm)];
    expect(shown.map(([, command]) => command)).toEqual(['play', 'replay']);
    const [, , options = ''] = shown.find(([, command]) => command === 'replay') ?? [];
    const asked = options.replace('https://next.example/chat', gateway.url).replace('"$KEY"', 'demo-key').split(' ');
    const file = cassettes.get('agent-slug') ?? '';
    expect((await run('replay', file, ...asked, '--agent', 'support-agent')).output).toMatch(
      /of 3 turns are equivalent/,
    );
  });
});

describe('dragoman play', () => {
  it('prints its address, and answers as the recorded server did, so that a replay of it finds no difference', async () => {
    for (const name of ['homie', 'widget']) {
      const file = cassettes.get(name) ?? '';
      const child = spawn(process.execPath, ['dist/main.js', 'play', file, '--pace', 'fast', '--json']);
      const [line] = (await once(child.stdout, 'data')) as [Buffer];
      const { url } = JSON.parse(line.toString()) as { readonly url: string };
      const found = await run('replay', file, '--target', url, ...access);
      expect([name, found.output, found.code]).toEqual([name, expect.stringMatching(/^100\.0 % of/), 0]);
      child.kill('SIGTERM');
      expect((await once(child, 'exit'))[0]).toBe(0);
    }
  });
});
