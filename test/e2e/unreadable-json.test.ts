import { levels } from 'pino';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ErrorCode, errorCodes } from '../../src/errors/index.ts';
import type { TestGateway } from '../support/gateway.ts';
import { overStandIn } from '../support/over-stand-in.ts';
import { type Kind, kinds, type Line } from '../support/stand-in.ts';
import { type Client, clients, type Said } from '../support/visitors.ts';

/** JSON that nobody may read on: refused, whatever else stands in it. */
const unreadable: readonly (readonly [string, string])[] = [
  ['10 KB of brackets', '['.repeat(10_000)],
  ['200 KB of brackets', '['.repeat(200_000)],
  ['lists in lists', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
  ['objects in objects', `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`],
  ['an object around lists in lists', `{"chunk":${'['.repeat(50_000)}${']'.repeat(50_000)}}`],
  ['300,000 values', `[${'0,'.repeat(300_000)}0]`],
  ['half a surrogate of text', '{"chunk":"\\ud8'],
];

/** JSON that stands where something else should: read as far as it is one's affair, or refused. */
const odd: readonly string[] = [
  '1e400',
  '{"__proto__":{"polluted":true},"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
  '"\\ud800"',
  '"\\udc00\\u0000\\ud800x"',
  `${'['.repeat(500)}${']'.repeat(500)}`,
  `${'{"a":'.repeat(600)}1${'}'.repeat(600)}`,
  'null',
];

/** Who is told items, whole, and who is told words as they come. */
const [whole, streaming] = ['item-discovery', 'widget'].map((name) =>
  clients.find(({ dialect }) => dialect === name),
) as [Client, Client]; // both are there

/** A breaker would tell the failures from each other. */
const patient = { breaker: { failures: 10_000, rest: '1s' } };

const framed = ({ garble }: Kind, json: string): string =>
  garble.notJson.startsWith('data:') ? `data: ${json}\n\n` : json;

/** Calls that have ended: how, and at which level it was told. */
const ended = ({ logged }: TestGateway) =>
  logged.filter(({ msg }) => String(msg).endsWith('send-message')).map(({ code, level }) => ({ code, level }));

/** What is told of a call where its client is told that it failed. */
const hasFailed = ({ status, failure }: Said): boolean => status >= 400 || failure !== undefined;

describe.each(kinds)('an upstream of the kind $name', (kind) => {
  const place = overStandIn(kind, patient);
  let answer: (line: Line) => void;
  beforeAll(() => {
    // A model that says nothing is asked again.
    const answerAll = async () => {
      for (;;) {
        const line = await place.upstream.next();
        answer(line);
      }
    };
    void answerAll();
  });

  /** Has a client ask, and the upstream answer as `how` does. Holds what came of it against the log. */
  async function askOnce(client: Client, how: (line: Line) => void): Promise<{ said: Said; code: unknown }> {
    const before = ended(place.gateway).length;
    answer = how;
    const said = await client.visit(place.gateway).say('Hello');
    if (ended(place.gateway).length === before) await expect.poll(() => ended(place.gateway).length).toBe(before + 1);
    const { code, level } = ended(place.gateway)[before] ?? {};
    expect(code).not.toBe('internal');
    expect(level).toBe(levels.values[code === 'ok' ? 'info' : errorCodes[code as ErrorCode].level]); // as it was logged
    expect({}).not.toHaveProperty('polluted');
    return { said, code };
  }

  describe.each(clients)('before $dialect ($delivery)', (client) => {
    const isThorough = client === whole || client === streaming;
    it.each(isThorough ? unreadable : unreadable.slice(0, 2))(
      'that says %s in place of an answer is refused once',
      async (_what, json) => {
        const { said, code } = await askOnce(client, (line) => {
          line.send(line.isDocument ? json : framed(kind, json));
          line.end();
        });
        expect(code).toBe('upstream-protocol');
        expect(hasFailed(said)).toBe(true);
        expect(said.status === 502 || said.failure !== undefined).toBe(true);
      },
    );
  });

  it.each(unreadable)('that says %s in the middle of a stream is refused once', async (_what, json) => {
    const { said, code } = await askOnce(streaming, (line) => {
      if (line.isDocument) line.send(json);
      else for (const wire of [...line.steps.slice(0, -2).map(({ wire }) => wire), framed(kind, json)]) line.send(wire);
      line.end();
    });
    expect(code).toBe('upstream-protocol');
    expect(said.status === 502 || said.failure !== undefined).toBe(true);
  });

  it('that says odd things in any place of an answer is read, or refused once', async () => {
    for (const value of odd) {
      let at = { step: 0, place: 0, isLast: false };
      while (!at.isLast) {
        const { step, place: number } = at;
        const { said, code } = await askOnce(whole, (line) => {
          const wires = line.isDocument
            ? [line.steps.map(({ wire }) => wire).join('')]
            : line.steps.map(({ wire }) => wire);
          const shape = shapeOf(wires[step] ?? '');
          const isNew = wires.findIndex((wire) => shapeOf(wire) === shape) === step;
          const changed = isNew ? withValueAt(wires[step] ?? '', number, value) : undefined;
          at =
            changed === undefined
              ? { step: step + 1, place: 0, isLast: step + 1 >= wires.length }
              : { step, place: number + 1, isLast: false };
          for (const [index, wire] of wires.entries()) line.send(index === step ? (changed ?? wire) : wire);
          line.end();
        });
        expect(hasFailed(said), `${value.slice(0, 40)} at ${step}.${number}`).toBe(code !== 'ok');
      }
    }
  }, 60_000);
});

/** A wire without what its texts say: one word of a stream is as good as another. */
const shapeOf = (wire: string): string => wire.replace(/"(?:[^"\\]|\\.)*"(?!:)/g, '');

/** A wire whose value of that number, counted from the outermost, is another; `undefined` where it has not so many. */
function withValueAt(wire: string, place: number, value: string): string | undefined {
  const [, before = '', json, after = ''] = /^((?:[^{]*\n)?(?:data: )?)(\{.*\})(\n*)$/s.exec(wire) ?? [];
  if (json === undefined) return undefined;
  let at = -1;
  const marked = JSON.stringify(JSON.parse(json), (_key, field: unknown) => {
    at += 1;
    return at === place ? marker : field;
  });
  return at < place ? undefined : before + marked.replace(JSON.stringify(marker), () => value) + after;
}

const marker = 'what stands here is another';
