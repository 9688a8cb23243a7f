import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CostedGateway, startCosted } from '../support/costed-gateway.ts';
import { makeKnown } from '../support/fuzz-gateway.ts';
import {
  type Damage,
  damage,
  damaged,
  edit,
  edited,
  editedWire,
  fuzzSettings,
  misdirected,
} from '../support/fuzz-mutations.ts';
import {
  credentialHeaders,
  goodRequests,
  type Known,
  knownUser,
  secrets,
  served,
  toRaw,
} from '../support/fuzz-requests.ts';
import { openConnection, type RawRequest, toBytes } from '../support/fuzz-wire.ts';
import { openSocket } from '../support/socket.ts';

/** What one input may cost the gateway's process: CPU in milliseconds, the least of some tries, and bytes held for good after many. */
const maxCpuMs = 100;
const maxHeldBytes = 48 * 2 ** 20;

/** As long as is tried, in milliseconds: what is not found by then is for the next run, with another seed. */
const inTime = { interruptAfterTimeLimit: 20_000, markInterruptAsFailure: false };

let gateway: CostedGateway;
let known: Known;
beforeAll(async () => {
  gateway = await startCosted({ answeredBy: 'catalogue' });
  known = await makeKnown(gateway);
});
afterAll(() => gateway.close());

/** As soon as it is within the bound. */
const leastOf = async (run: () => Promise<unknown>): Promise<number> =>
  (await gateway.leastCostOf(run, { tries: 5, enoughMs: maxCpuMs })).cpuMs;

/** Sends on a connection of its own, and waits for an answer or for its end. */
async function sendOnce(request: RawRequest, harm: Damage): Promise<void> {
  const connection = await openConnection(gateway.url);
  connection.send(damaged(toBytes({ ...request, headers: { ...request.headers, connection: 'close' } }), harm));
  connection.finish();
  await connection.answer({ method: request.method }).catch(() => undefined); // what is no HTTP ends too
  connection.close();
}

/** Strings of a kind, as long as a bound lets in: what mutations of documents seldom are. */
const long = fc
  .record({
    unit: fc.oneof(
      fc.string({ minLength: 1, maxLength: 4, unit: 'grapheme' }),
      fc.constantFrom('<', '[', '{"a":', ' ', '\n', '%2e', '\u0301'),
    ),
    length: fc.constantFrom(1_000, 30_000, 300_000),
  })
  .map(({ unit, length }) => unit.repeat(Math.floor(length / unit.length)));

const edits = fc.array(
  fc.oneof(edit, fc.record({ at: fc.nat(), kind: fc.constant('replace' as const), key: fc.constant(''), value: long })),
  { maxLength: 3 },
);

describe('whatever is sent costs no more than it may:', () => {
  it('a request', async () => {
    const cases = fc.record({ which: fc.nat(), example: fc.nat(), path: fc.nat(), edits, harm: damage });
    const property = fc.asyncProperty(cases, async ({ which, example, path, edits, harm }) => {
      const { dialect, endpoint } = served[which % served.length] ?? expect.fail('nothing is served');
      const goods = goodRequests(dialect, endpoint, known);
      const good = goods[example % goods.length] ?? expect.fail('an endpoint without documents');
      const wire = editedWire(good.wire, edits);
      const headers = { ...wire.headers, ...credentialHeaders(dialect) };
      const request = misdirected(toRaw({ ...good, wire: { ...wire, headers } }, path), harm);
      expect(await leastOf(() => sendOnce(request, harm))).toBeLessThanOrEqual(maxCpuMs);
    });
    await fc.assert(property, { ...fuzzSettings(0.4), ...inTime });
  }, 120_000);

  it('a frame', async () => {
    const { conversationId } = await makeKnown(gateway);
    const query = `api_key=${secrets.key}&user_id=${knownUser}&chat_id=${conversationId}`;
    let socket = openSocket(`${gateway.webSocketUrl}/ws/chat?${query}`);
    await socket.next();
    const property = fc.asyncProperty(edits, fc.boolean(), async (changes, isCut) => {
      const text = JSON.stringify([changes.reduce<unknown>(edited, { content: 'Hello', metadata: { a: 1 } })]).slice(
        1,
        -1,
      );
      const say = async (): Promise<void> => {
        if (socket.client.readyState !== socket.client.OPEN) {
          socket = openSocket(`${gateway.webSocketUrl}/ws/chat?${query}`);
          await socket.next();
        }
        socket.send(isCut ? text.slice(0, text.length / 2) : text);
        socket.send({ content: 'thanks' });
        await socket.until('message_stream_ended').catch(() => undefined); // it may have closed
      };
      expect(await leastOf(say)).toBeLessThanOrEqual(maxCpuMs);
    });
    await fc.assert(property, { ...fuzzSettings(0.1), ...inTime });
    await socket.close();
  }, 120_000);

  it('and little of it is kept', async () => {
    const send = async (): Promise<void> => {
      for (const { dialect, endpoint } of served) {
        const [good] = goodRequests(dialect, endpoint, known);
        if (good === undefined) continue;
        const wire = editedWire(good.wire, [{ at: 5, kind: 'replace', key: '', value: 'x'.repeat(300_000) }]);
        const harm = { flips: [] };
        await sendOnce(
          toRaw({ ...good, wire: { ...wire, headers: { ...wire.headers, ...credentialHeaders(dialect) } } }),
          harm,
        );
      }
    };
    await send();
    const before = await gateway.held();
    for (let round = 0; round < 10; round += 1) await send();
    expect((await gateway.held()) - before).toBeLessThan(maxHeldBytes);
  }, 120_000);
});
