import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { dataOf, type OpenStream, openStream, send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { itWhere } from '../support/it-where.ts';
import { overStandIn, runOver, storedReplies } from '../support/over-stand-in.ts';
import { type Kind, kinds, type Line } from '../support/stand-in.ts';
import { clients } from '../support/visitors.ts';

const bearer = { authorization: 'Bearer demo-key' };

/** A breaker would tell the failures from each other. */
const patient = { breaker: { failures: 1_000, rest: '1s' } };

/** What goes wrong, and what it is to be called. */
interface Fault {
  readonly name: string;
  readonly code: string;
  readonly status: number;
  /** Whether it is how a reply ends where no end mark is needed. */
  readonly isCleanEnd?: true;
  happen(line: Line, kind: Kind): void;
}

/** What follows is whole, and must not be taken for the reply. */
function goOn(line: Line, sent: string): void {
  line.send(sent);
  line.end();
}

const faults: readonly Fault[] = [
  {
    name: 'stops without its end mark',
    code: 'upstream-protocol',
    status: 502,
    isCleanEnd: true,
    happen: (line) => line.end(),
  },
  { name: 'breaks off', code: 'upstream-failed', status: 502, happen: (line) => line.reset() },
  {
    name: 'says what is not JSON',
    code: 'upstream-protocol',
    status: 502,
    happen: (line, { garble }) => goOn(line, garble.notJson),
  },
  {
    name: 'says something of another shape',
    code: 'upstream-protocol',
    status: 502,
    happen: (line, { garble }) => goOn(line, garble.otherShape),
  },
  {
    name: 'stops in the middle of a frame',
    code: 'upstream-protocol',
    status: 502,
    happen: (line, { garble }) => goOn(line, garble.notJson.slice(0, -3)),
  },
];

/** A visitor's widget, in a conversation of its own. */
function openWidget(gateway: TestGateway) {
  const session_id = `sess_${randomUUID()}`;
  const json = { site_key: 'sk_demo', session_id, message: 'Hello' };
  return { session: session_id, opened: openStream(`${gateway.url}/api/v1/chat/stream`, { json }) };
}

/** Reads a widget's stream until these words have come. */
async function hear(stream: OpenStream, words: string): Promise<void> {
  for (let heard = ''; heard !== words; ) {
    const message = await stream.next();
    if (message === undefined) throw new Error(`The stream ended after “${heard}”`);
    heard += String(dataOf([message])[0].content ?? '');
  }
}

/** How the last call ended, as the log and so the metrics have it. */
const lastCode = (gateway: TestGateway) =>
  gateway.logged.filter(({ msg }) => String(msg).endsWith('send-message')).at(-1)?.['code'];

describe.each(kinds)('an upstream of the kind $name', (kind) => {
  const place = overStandIn(kind, patient);

  /** Breaks a widget's stream after so many steps of it. Gives how many of them can be followed by a fault. */
  async function breakStream(fault: Fault, position: number): Promise<number> {
    const { session, opened } = openWidget(place.gateway);
    const line = await place.upstream.next();
    const told = line.steps.slice(0, position);
    for (const { wire } of told) line.send(wire);
    const words = told.map(({ says }) => says).join('');
    if (words !== '') await hear(await opened, words);
    fault.happen(line, kind);
    const stream = await opened;
    const rest = dataOf(await stream.rest()).map(({ type }) => type);
    const replies = await storedReplies(place.gateway, session);
    const last = told.at(-1)?.is;
    // Once the upstream has said why the answer ends, it is whole, whatever follows; what cannot be read may still be told.
    const isWhole = last === 'end' || (last === 'finish' && (fault.isCleanEnd === true || rest[0] === 'done'));
    if (isWhole) {
      expect(rest).toEqual(['done']);
      expect(replies).toEqual([{ text: words, status: 'complete' }]);
      return breakable(line);
    }
    expect(stream.status).toBe(words === '' ? fault.status : 200);
    expect(rest).toEqual(words === '' ? [] : ['error']);
    expect(replies).toEqual(words === '' ? [] : [{ text: words, status: 'failed', failure: fault.code }]);
    expect(lastCode(place.gateway)).toBe(fault.code);
    return breakable(line);
  }

  async function giveWhole(): Promise<void> {
    const { opened } = openWidget(place.gateway);
    await answerWhole(await place.upstream.next());
    expect(dataOf(await (await opened).rest()).at(-1)).toMatchObject({ type: 'done' });
  }

  it.each(faults)('that $name is told so, after every frame (failures 11 to 14 and 27)', async (fault) => {
    for (let position = 0, last = 0; position <= last; position += 1) last = await breakStream(fault, position);
    await giveWhole();
  });

  itWhere(kind.garble.failure !== undefined)(
    'that says that it fails is not shown, but what it means (failures 13, 15 and 17)',
    async () => {
      const { failure = '' } = kind.garble;
      const fault = { name: '', code: 'upstream-failed', status: 502, happen: (line: Line) => goOn(line, failure) };
      for (let position = 0, last = 0; position <= last; position += 1) {
        last = (await breakStream(fault, position)) - 1;
      }
      expect(JSON.stringify(place.gateway.logged)).not.toContain('secret');
    },
  );

  it.each(['notJson', 'otherShape', 'moreWords'] as const)(
    'that goes on after its end (%s) has ended',
    async (what) => {
      const { session, opened } = openWidget(place.gateway);
      const line = await place.upstream.next();
      if (line.isDocument) {
        line.reset();
        return;
      }
      const moreWords = line.steps.find(({ says }) => says !== '')?.wire ?? '';
      const wires = line.steps.map(({ wire }) => wire);
      for (const wire of wires.slice(0, -1)) line.send(wire);
      line.send(wires.at(-1) ?? '', { ...kind.garble, moreWords }[what]);
      line.end();
      const said = dataOf(await (await opened).rest());
      expect(said.map(({ type }) => type)).toEqual([...said.slice(1).map(() => 'chunk'), 'done']);
      expect(await storedReplies(place.gateway, session)).toMatchObject([{ text: 'One two', status: 'complete' }]);
    },
  );

  it('that says what is not known yet, or nothing but a comment, is read on (failure 6)', async () => {
    const { unknown = '', comment = '' } = kind.garble;
    const { opened } = openWidget(place.gateway);
    const line = await place.upstream.next();
    for (const { wire } of line.steps) {
      for (const strange of [unknown, comment].filter((text) => text !== '' && !line.isDocument)) line.send(strange);
      line.send(wire);
    }
    line.end();
    const said = dataOf(await (await opened).rest());
    expect(said.map(({ content = '' }) => content).join('')).toBe('One two');
    expect(said.at(-1)).toMatchObject({ type: 'done' });
  });

  /** Asks for a whole answer, and breaks what it is made of after so many steps. Gives how many of them can be followed by a fault. */
  async function breakWhole(fault: Fault, position: number): Promise<number> {
    const json = { message: 'Hello' };
    const asked = send('POST', `${place.gateway.url}/v1/api/chat/support-agent`, { headers: bearer, json });
    const line = await place.upstream.next();
    const told = line.steps.slice(0, position);
    for (const { wire } of told) line.send(wire);
    fault.happen(line, kind);
    const { status, body } = await asked;
    expect(status).toBe(fault.status);
    expect(body).toMatchObject({ data: null, error: { name: expect.any(String) } });
    expect(lastCode(place.gateway)).toBe(fault.code);
    return endOf(line) - 1;
  }

  it.each(faults)('that $name is told by a status where the answer is whole (failure 48)', async (fault) => {
    for (let position = 0, last = 0; position <= last; position += 1) last = await breakWhole(fault, position);
  });

  it.each(clients)('that stops is no whole answer in $dialect ($delivery) (failures 11 and 14)', async (client) => {
    const asked = client.visit(place.gateway).say('Hello');
    const line = await place.upstream.next();
    for (const { wire, is } of line.steps) {
      if (is === undefined) line.send(wire);
    }
    line.end();
    const { status, text, failure } = await asked;
    expect('One two').toContain(status === 200 ? text : '');
    if (status === 200) expect(failure).toBeDefined();
    else expect(status).toBeGreaterThanOrEqual(500);
  });
});

/** How many steps there are before the first with which the reply may be whole. */
const endOf = ({ steps }: Line): number => steps.findIndex(({ is }) => is !== undefined);

/** How many steps can be followed by a fault: of a document, all but its last piece. */
const breakable = ({ steps, isDocument }: Line): number => (isDocument ? steps.length - 1 : steps.length);

async function answerWhole(line: Line): Promise<void> {
  for (const { wire } of line.steps) line.send(wire);
  line.end();
}

describe.each(kinds)('an upstream of the kind $name that falls silent', (kind) => {
  it('is given up, after every frame (failures 11 and 48)', async () => {
    const upstream = await kind.start();
    const gateway = await runOver(kind, upstream, { ...patient, timeouts: { firstEvent: '1500ms', idle: '1500ms' } });
    const outcomes: Promise<void>[] = [];
    for (let position = 0, last = 0; position <= last; position += 1) {
      const { session, opened } = openWidget(gateway);
      const line = await upstream.next();
      last = endOf(line);
      const told = line.steps.slice(0, position);
      for (const { wire } of told) line.send(wire);
      const words = told.map(({ says }) => says).join('');
      outcomes.push(
        (async () => {
          const stream = await opened;
          const rest = dataOf(await stream.rest()).filter(({ type }) => type !== 'chunk');
          expect(stream.status).toBe(words === '' ? 504 : 200);
          if (words !== '') expect(rest).toEqual([expect.objectContaining({ type: 'error' })]);
          const stored = words === '' ? [] : [{ text: words, status: 'failed', failure: 'upstream-timeout' }];
          expect(await storedReplies(gateway, session)).toEqual(stored);
          expect(await line.closed).toBe('broken');
        })(),
      );
    }
    await Promise.all(outcomes);
    await gateway.close();
    await upstream.close();
  });
});

describe('a backend that fails after its end', () => {
  it('has answered, with one end in every dialect (failures 12 and 14)', async () => {
    const careless: Backend = {
      name: 'careless',
      async *answer(_turn, { replyId }) {
        yield [
          { type: 'reply-start', replyId },
          { type: 'text-delta', text: 'One two' },
        ];
        yield [{ type: 'reply-end', finishReason: 'stop' }];
        await Promise.resolve();
        throw new Error('secret');
      },
    };
    const gateway = await runGateway({ backends: { shop: careless } });
    for (const client of clients) {
      expect(await client.visit(gateway).say('Hello')).toEqual({
        status: expect.toSatisfy((status: number) => status < 300),
        text: 'One two',
        items: [],
        suggestions: [],
      });
    }
    const { opened } = openWidget(gateway);
    expect(dataOf(await (await opened).rest()).map(({ type }) => type)).toEqual(['chunk', 'done']);
    await gateway.close();
  });
});
