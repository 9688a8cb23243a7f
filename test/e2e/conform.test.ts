import { execFile } from 'node:child_process';
import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { conform } from '../../src/conformance/index.ts';
import { dialects } from '../../src/dialects/registry.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await runGateway();
});
afterAll(() => gateway.close());

const agentOf = (dialect: string) => (dialect === 'homie' ? '5e9c1a2b-3d4e-4f60-b2f2-9f4b1c2d3e4f' : 'support-agent');

interface Passed {
  status: number;
  headers: Record<string, string>;
  body: string;
}

type Mutate = (passed: Passed) => void;

/** One event, or one frame, with one thing broken in it. */
function broken(body: string, type: string, mutate: Mutate): string {
  const passed = { status: 200, headers: { 'content-type': type }, body };
  mutate(passed);
  return passed.body;
}

/** Passes on what comes, a stream that is followed event by event, anything else whole. */
function passAnswer(answer: IncomingMessage, isFollowed: boolean, outgoing: ServerResponse, mutate: Mutate): void {
  const { 'content-type': type = '' } = answer.headers;
  const head = { status: answer.statusCode ?? 0, headers: { 'content-type': type } };
  const isEventByEvent = isFollowed && type.startsWith('text/event-stream');
  const begin = (passed: Passed): void => {
    mutate(passed);
    outgoing.writeHead(passed.status, passed.headers);
  };
  if (isEventByEvent) {
    begin({ ...head, body: '' });
    outgoing.flushHeaders();
  }
  let body = '';
  answer.setEncoding('utf8').on('data', (text: string) => {
    body += text;
    if (!isEventByEvent) return;
    const events = body.split('\n\n');
    body = events.pop() ?? '';
    for (const event of events) outgoing.write(`${broken(event, type, mutate)}\n\n`);
  });
  answer.on('error', () => undefined);
  answer.on('end', () => {
    const passed = { ...head, body };
    if (!isEventByEvent) begin(passed);
    outgoing.end(passed.body);
  });
}

/** Passes frames both ways. */
function passSocket(incoming: WebSocket, path: string, mutate: Mutate): void {
  const onward = new WebSocket(`${gateway.url.replace('http', 'ws')}${path}`, { headers: { 'x-api-key': 'demo-key' } });
  onward.on('message', (data: Buffer) => incoming.send(broken(data.toString(), 'application/json', mutate)));
  incoming.on('message', (data: Buffer) => onward.send(data.toString()));
  incoming.on('close', () => onward.close());
  onward.on('close', () => incoming.close());
  for (const socket of [incoming, onward]) socket.on('error', () => undefined);
}

/** Passes everything on, with one thing broken in each answer, event and frame. A path stands before every other. */
async function runMutant(mutate: Mutate) {
  const pathOf = ({ url = '' }: IncomingMessage) => url.replace(/^\/below/, '');
  const server = createServer((incoming, outgoing) => {
    const { host: _, ...headers } = incoming.headers;
    const method = incoming.method ?? 'GET';
    const onward = ask(`${gateway.url}${pathOf(incoming)}`, { method, headers, agent: false }, (answer) =>
      passAnswer(answer, method === 'GET', outgoing, mutate),
    );
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (incoming, request) => passSocket(incoming, pathOf(request), mutate));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    url: `http://127.0.0.1:${port}/below`,
    close: () => {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

const isSuccess = ({ status }: Passed) => status < 300;
const isStream = ({ headers }: Passed) => headers['content-type']?.startsWith('text/event-stream') === true;
const events = (passed: Passed) => passed.body.split('\n\n').filter((event) => event !== '');

/** One thing broken, the dialects that have it, and the laws that it breaks: those of answers unless told. */
const mutants: Readonly<Record<string, { breaks: Mutate; in?: readonly string[]; laws?: RegExp }>> = {
  status: {
    breaks: (passed) => {
      if (isSuccess(passed)) passed.status = 206;
    },
  },
  'the name of a field': {
    breaks: (passed) => {
      passed.body = passed.body.replace(/"(\w+)":/, '"other_$1":');
    },
  },
  'the type of a field': {
    breaks: (passed) => {
      passed.body = passed.body.replace(/:\s*"[^"]*"/, ':{"x":[]}');
    },
  },
  charset: {
    breaks: (passed) =>
      void (passed.headers['content-type'] =
        `${(passed.headers['content-type'] ?? '').split(';')[0]}; charset=iso-8859-1`),
  },
  'the type of the content': {
    breaks: (passed) => {
      passed.headers['content-type'] = 'text/html';
    },
  },
  'the body of an error': {
    laws: /^refuses/,
    breaks: (passed) => {
      if (!isSuccess(passed)) passed.body = '<h1>Not you</h1>';
    },
  },
  'the status of an error': {
    laws: /^refuses/,
    breaks: (passed) => {
      if (!isSuccess(passed)) passed.status = 418;
    },
  },
  'the terminator': {
    laws: /stream$/,
    in: ['agent-slug', 'widget', 'openai'],
    breaks: (passed) => {
      if (isStream(passed)) passed.body = `${events(passed).slice(0, -1).join('\n\n')}\n\n`;
    },
  },
  'the order of events': {
    laws: /stream$/,
    in: ['agent-slug', 'widget', 'openai'],
    breaks: (passed) => {
      if (isStream(passed)) passed.body = `${events(passed).toReversed().join('\n\n')}\n\n`;
    },
  },
  'the form of an id': {
    in: ['homie', 'tenant-chats'],
    breaks: (passed) => {
      passed.body = passed.body.replace(/"id":\s*"[^"]*"/, '"id":"7"');
    },
  },
};

describe('a server that speaks a dialect', () => {
  it.each(dialects.map(({ name }) => name))(
    '%s: ours conforms, with nothing left out',
    (dialect) =>
      new Promise<void>((resolve, reject) => {
        const words = [
          '--dialect',
          dialect,
          '--target',
          gateway.url,
          '--agent',
          agentOf(dialect),
          '--key',
          'demo-key',
          '--site',
          'sk_demo',
        ];
        execFile(process.execPath, ['dist/main.js', 'conform', ...words], (failure, stdout) => {
          try {
            expect(stdout).not.toMatch(/deviates|not offered/);
            expect(failure).toBeNull();
            const known = dialects.find(({ name }) => name === dialect);
            for (const { method, paths } of known?.endpoints ?? [])
              expect(stdout).toContain(`${method} ${paths[0] ?? ''}`);
            for (const { paths } of known?.sockets ?? []) expect(stdout).toContain(`WebSocket ${paths[0] ?? ''}`);
            resolve();
          } catch (broken) {
            reject(broken instanceof Error ? broken : new Error(String(broken)));
          }
        });
      }),
  );

  const cases = Object.entries(mutants).flatMap(([name, { in: some }]) =>
    dialects.filter((dialect) => some?.includes(dialect.name) ?? true).map((dialect) => [dialect.name, name] as const),
  );

  async function deviationsOf(dialect: string, mutate: Mutate) {
    const mutant = await runMutant(mutate);
    const settings = { url: mutant.url, key: 'demo-key', site: 'sk_demo', agent: agentOf(dialect), timeoutMs: 3_000 };
    const checked = await conform(dialect, settings);
    await mutant.close();
    return checked.filter(({ verdict }) => verdict === 'deviates');
  }

  it.each(dialects.map(({ name }) => name))(
    '%s: conforms behind a path, through a proxy that breaks nothing',
    async (dialect) => {
      expect(await deviationsOf(dialect, () => undefined)).toEqual([]);
    },
  );

  it.each(cases)('%s: is found out where it breaks %s', async (dialect, name) => {
    const found = await deviationsOf(dialect, (passed) => mutants[name]?.breaks(passed));
    const laws = new Set(found.map(({ law }) => law));
    expect([...laws].some((law) => (mutants[name]?.laws ?? /^answers/).test(law))).toBe(true);
    for (const { deviations } of found)
      for (const { came, documented } of deviations) expect([came, documented].every((text) => text !== '')).toBe(true);
  });

  it('is there, and deviates, where it answers and then no more', async () => {
    let answers = 0;
    const silent = createServer((_request, response) => {
      answers += 1;
      if (answers === 1) response.end('{}');
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo; // it listens on TCP
    const checked = await conform('item-discovery', { url: `http://127.0.0.1:${port}`, timeoutMs: 200 });
    silent.closeAllConnections();
    silent.close();
    expect(checked.map(({ verdict }) => verdict)).toEqual(checked.map(() => 'deviates'));
  });

  it('is unreachable where nobody is', async () => {
    await expect(conform('openai', { url: 'http://127.0.0.1:9', timeoutMs: 1_000 })).rejects.toThrow('Nobody answers');
  });
});
