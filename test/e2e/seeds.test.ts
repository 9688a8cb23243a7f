import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSseParser } from '../../src/sse/index.ts';
import { dataOf, send } from '../support/client.ts';
import { hasAll, hasProgram } from '../support/needs.ts';
import { emptyFolder, removeFolder, type StartedProgram, startProgram, writeConfig } from '../support/program.mjs';
import { findDocuments, findEvents, type PrintedDocument, readSeeds } from '../support/seeds.ts';
import { kinds, shapeProblems } from '../support/shapes.ts';
import { findCommands } from '../support/shell-words.ts';

const seeds = readSeeds();
const seed = (number: string): string => seeds[number] ?? '';
const complete = hasAll({
  'the five documents in ../shared/seeds': Object.keys(seeds).length === 5,
  curl: hasProgram('curl'),
});

let folder: string;
let program: StartedProgram;
beforeAll(async () => {
  if (!complete) return;
  folder = await emptyFolder();
  program = await startProgram({ environment: { DRAGOMAN_CONFIG: await writeConfig(folder) } });
});
afterAll(async () => {
  if (!complete) return;
  await program.stop();
  await removeFolder(folder);
});

/** What stands for a key in the documents. */
const keys = /YOUR_API_KEY|<x-api-key>|your-tenant-api-key/g;

/** The commands that a document prints, with the documents that they do not send. */
function readDocument(text: string) {
  const commands = findCommands(text, 'curl', { HOMIE_STAGING_KEY: 'demo-key' });
  const documents = findDocuments(text).filter(
    ({ start }) => !commands.some((command) => command.start <= start && start < command.end),
  );
  return { commands: commands.map(({ words }) => words.slice(1)), documents: documents.map(({ value }) => value) };
}

/** The words of a command with our host, our key, and the ids that were given where the document has others. */
function ours(words: readonly string[], given: ReadonlyMap<string, string> = new Map()): readonly string[] {
  return words.map((word) => {
    let text = word.replace(/^https?:\/\/[^/]+/, program.url).replace(keys, 'demo-key');
    for (const [documented, actual] of given) text = text.replaceAll(documented, actual);
    return text;
  });
}

/** What curl prints, if the answer is a success. */
async function curl(words: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('curl', ['-sS', '--fail-with-body', ...words]);
  return stdout;
}

const eventsIn = (body: string) => dataOf(createSseParser().push(new TextEncoder().encode(body)));

describe.runIf(complete)('document 000 (homie)', () => {
  const { commands, documents } = readDocument(seed('000'));
  const given = new Map<string, string>();

  it('prints three commands and two answers', () => {
    expect([commands.length, documents.length]).toEqual([3, 2]);
  });

  it('creates a chat as printed', async () => {
    const answer = JSON.parse(await curl(ours(commands[0] ?? [])));
    expect(shapeProblems(answer, documents[0])).toEqual([]);
    given.set(documents[0].id, answer.id);
  });

  it('sends the first message as printed', async () => {
    const answer = JSON.parse(await curl(ours(commands[1] ?? [], given)));
    // “Reply (truncated)”: there may be more in it.
    expect(shapeProblems(answer, documents[1], { more: true })).toEqual([]);
    expect(answer.chatId).toBe([...given.values()][0]);
  });

  it('listens for events as printed', async () => {
    // Verbose, because curl shows headers by -i only when the body begins.
    const listening = spawn('curl', ['-sS', '-N', '-v', ...ours(commands[2] ?? [], given)]);
    const head = readerOf(listening.stderr);
    const body = readerOf(listening.stdout);
    expect(await head.until(/< \r\n/)).toMatch(/< HTTP\/1\.1 200 [^]*< content-type: text\/event-stream/i);
    await curl(ours(commands[1] ?? [], given));
    const events = eventsIn(await body.until(/"status":"completed"[^\n]*\n\n/));
    listening.kill();
    expect(events.map(({ toolName }) => toolName)).toContain('typing');
    expect(events.filter(({ toolName }) => toolName === 'message').length).toBeGreaterThan(1);
  });
});

/** All that comes, up to something. */
function readerOf(stream: Readable) {
  let text = '';
  stream.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  return {
    async until(end: RegExp): Promise<string> {
      while (!end.test(text)) await once(stream, 'data');
      return text;
    },
  };
}

describe.runIf(complete)('document 001 (item-discovery)', () => {
  const { documents } = readDocument(seed('001'));

  it('answers the printed body with the printed shape', async () => {
    const [, path = ''] = /^POST (\/\S+)$/m.exec(seed('001')) ?? [];
    const [request, documented] = documents;
    const headers = { authorization: 'Bearer demo-key' };
    for (const url of [program.url + path, `${program.url}/v1${path}`]) {
      const { status, body } = await send('POST', url, { headers, json: request });
      expect(status).toBe(200);
      expect(shapeProblems(body, documented)).toEqual([]);
      expect(body.conversation_id).toBe(request.conversation_id);
    }
  });
});

describe.runIf(complete)('document 002 (agent-slug)', () => {
  const { commands, documents } = readDocument(seed('002'));
  const documented = documents.find(({ data }) => typeof data === 'object' && data !== null);
  const refusals = documents.filter(({ error }) => typeof error === 'object' && error !== null);
  const bodies = documents.filter(({ message }) => typeof message === 'string');
  const given = new Map<string, string>();

  it('prints four commands, an answer, three refusals and three bodies', () => {
    expect([commands.length, documented, refusals.length, bodies.length]).toEqual([4, expect.anything(), 3, 3]);
  });

  it('chats and goes on as printed', async () => {
    for (const command of commands.slice(0, 2)) {
      const answer = JSON.parse(await curl(ours(command, given)));
      expect(shapeProblems(answer, documented)).toEqual([]);
      given.set(documented.data.conversationId, answer.data.conversationId);
    }
  });

  it('streams as printed', async () => {
    const printed = findEvents(seed('002')).map((data) => (data === '[DONE]' ? data : JSON.parse(data)));
    expect(printed).toHaveLength(8);
    for (const command of commands.slice(2)) {
      const frames = eventsIn(await curl(ours(command, given)));
      expect(kinds(frames)).toEqual(kinds(printed));
      expect(frames.at(-1)).toBe('[DONE]');
    }
  });

  it('takes the other printed bodies', async () => {
    const url = `${program.url}/v1/api/chat/support-agent`;
    for (const json of bodies) {
      const { status, body } = await send('POST', url, { headers: { authorization: 'Bearer demo-key' }, json });
      expect([status, shapeProblems(body, documented)]).toEqual([200, []]);
    }
  });

  it('refuses in the printed words', async () => {
    const slug = { known: 'support-agent', unknown: 'nobody' };
    const authorization = 'Bearer demo-key';
    const ask = (name: string, headers: Record<string, string>, json: object) =>
      send('POST', `${program.url}/v1/api/chat/${name}`, { headers, json });
    const answers = [
      await ask(slug.known, { authorization }, {}),
      await ask(slug.known, { authorization: 'Bearer nonsense' }, { message: 'Hello' }),
      await ask(slug.unknown, { authorization }, { message: 'Hello' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 401, 404]);
    const said = answers.map(({ body }) => JSON.parse(JSON.stringify(body).replace(slug.unknown, slug.known)));
    expect(said).toEqual(refusals);
  });
});

describe.runIf(complete)('document 003 (tenant-chats)', () => {
  const { commands, documents } = readDocument(seed('003'));

  it('prints two commands', () => expect(commands).toHaveLength(2));

  it('creates chats as printed', async () => {
    const [placeholders = [], example = []] = commands;
    const first = JSON.parse(await curl(ours(placeholders)));
    expect(shapeProblems(first, documents[0], { free: ['config.metadata'] })).toEqual([]);
    expect(first).toMatchObject({ user_id: '<string>', title: '<string>', config: { metadata: {} } });
    const second = JSON.parse(await curl(ours(example)));
    expect(shapeProblems(second, documents[0])).toEqual([]);
    const { user_id, title, config, last_message_at } = documents[0];
    expect(second).toMatchObject({ user_id, title, config, last_message_at });
  });
});

describe.runIf(complete)('document 004 (widget)', () => {
  /** What the document leaves out with an ellipsis, or a proxy has hidden in it. */
  const elided: Readonly<Record<string, string>> = {
    'sk_…': 'sk_demo',
    'sess_…': 'sess_seed',
    '+1…': '+15550100',
    '[email protected]': 'jane@example.com',
  };
  const fill = (body: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(body).map(([key, value]) => [key, elided[String(value)] ?? value]));
  const places = [...seed('004').matchAll(/(GET|POST)\n(\/api\S+) Public/g)];
  const endpoints = places.map(({ 1: method = '', 2: path = '', index }, number) => {
    const section = seed('004').slice(index, places[number + 1]?.index);
    const documents: readonly PrintedDocument[] = findDocuments(section);
    const request = /Request body/.test(section) ? documents[0]?.value : undefined;
    const response = documents.at(request === undefined ? 0 : 1)?.value;
    return { method, path, request, response, events: findEvents(section).map((data) => JSON.parse(data)) };
  });

  it('prints ten endpoints', () => expect(endpoints).toHaveLength(10));

  for (const { method, path, request, response, events } of endpoints) {
    it(`${method} ${path} answers as printed`, async () => {
      const url = `${program.url}${path}`;
      const who = { site_key: 'sk_demo', session_id: 'sess_seed' };
      if (path.endsWith('/upload-image')) {
        const form = new FormData();
        for (const [name, value] of Object.entries(who)) form.set(name, value);
        form.set('image', new Blob([pixel], { type: 'image/png' }), 'pixel.png');
        const { status, body } = await send(method, url, { raw: form });
        expect([status, shapeProblems(body, response)]).toEqual([200, []]);
      } else if (events.length > 0) {
        const json = JSON.stringify(fill(request));
        const frames = eventsIn(await curl(['-X', method, url, '-H', 'Content-Type: application/json', '-d', json]));
        expect(kinds(frames)).toEqual(kinds(events));
        expect(shapeProblems(frames.at(-1), events.at(-1))).toEqual([]);
      } else if (request === undefined) {
        const { status, body } = await send(method, `${url}?${new URLSearchParams(who).toString()}`);
        expect([status, shapeProblems(body, response)]).toEqual([200, []]);
      } else {
        const { status, body } = await send(method, url, { json: fill(request) });
        expect([status, shapeProblems(body, response)]).toEqual([200, []]);
        // The document promises these words.
        if (response.message !== undefined) expect(body.message).toBe(response.message);
      }
    });
  }
});

const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);
