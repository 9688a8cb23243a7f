import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type CostedGateway, startCosted } from '../support/costed-gateway.ts';
import { asEdits, dearEdits, expectCheap } from '../support/fuzz-costs.ts';
import { makeKnown } from '../support/fuzz-gateway.ts';
import {
  type Damage,
  damage,
  damaged,
  edited,
  editedWire,
  fuzzSettings,
  misdirected,
} from '../support/fuzz-mutations.ts';
import { credentialHeaders, goodRequests, knownUser, secrets, served, toRaw } from '../support/fuzz-requests.ts';
import { openConnection, type RawAnswer, type RawRequest, toBytes } from '../support/fuzz-wire.ts';
import { emptyFolder, removeFolder } from '../support/program.mjs';
import { openSocket } from '../support/socket.ts';

let gateway: CostedGateway;
beforeAll(async () => {
  gateway = await startCosted({ answeredBy: 'catalogue' });
});
afterAll(() => gateway.close());

/** Sends on a connection of its own, and waits for an answer or for its end. What is broken is ended, so that nobody waits for the rest. */
async function sendOnce(
  url: string,
  request: RawRequest,
  harm: Damage = { flips: [] },
): Promise<RawAnswer | undefined> {
  const whole = toBytes({ ...request, headers: { ...request.headers, connection: 'close' } });
  const bytes = damaged(whole, harm);
  const connection = await openConnection(url);
  connection.send(bytes);
  // Whoever ends a connection has left, and is not answered.
  if (!bytes.equals(whole)) connection.finish();
  const answer = await connection.answer({ method: request.method }).catch(() => undefined); // what is no HTTP ends too
  connection.close();
  return answer;
}

describe('whatever is sent costs no more than it may:', () => {
  it.each(served)('$name', { timeout: 120_000 }, async ({ dialect, endpoint }) => {
    const known = await makeKnown(gateway);
    const cases = fc.record({ example: fc.nat(), path: fc.nat(), edits: dearEdits, harm: damage });
    const property = fc.asyncProperty(cases, async ({ example, path, edits, harm }) => {
      const goods = goodRequests(dialect, endpoint, known);
      const good = goods[example % goods.length] ?? expect.fail('an endpoint without documents');
      const wire = editedWire(good.wire, asEdits(edits));
      const headers = { ...wire.headers, ...credentialHeaders(dialect) };
      const request = misdirected(toRaw({ ...good, wire: { ...wire, headers } }, path), harm);
      await expectCheap(gateway, () => sendOnce(gateway.url, request, harm));
    });
    await fc.assert(property, fuzzSettings(0.2 / served.length));
  });

  it('a frame', async () => {
    const { conversationId } = await makeKnown(gateway);
    const query = `api_key=${secrets.key}&user_id=${knownUser}&chat_id=${conversationId}`;
    let socket = openSocket(`${gateway.webSocketUrl}/ws/chat?${query}`);
    await socket.next();
    const property = fc.asyncProperty(dearEdits, fc.boolean(), async (changes, isCut) => {
      const text = JSON.stringify([
        asEdits(changes).reduce<unknown>(edited, { content: 'Hello', metadata: { a: 1 } }),
      ]).slice(1, -1);
      const say = async (): Promise<void> => {
        if (socket.client.readyState !== socket.client.OPEN) {
          socket = openSocket(`${gateway.webSocketUrl}/ws/chat?${query}`);
          await socket.next();
        }
        socket.send(isCut ? text.slice(0, text.length / 2) : text);
        socket.send({ content: 'thanks' });
        await socket.until('message_stream_ended').catch(() => undefined); // it may have closed
      };
      await expectCheap(gateway, say);
    });
    await fc.assert(property, fuzzSettings(0.05));
    await socket.close();
  }, 120_000);
});

/** A backend that is at fault with some messages: slow with those that hold digits, and with those that hold none it keeps what it may not. */
const faulty = `const kept = [];
export default () => ({
  async *answer({ text }, { replyId }) {
    const before = process.cpuUsage();
    if (/\\d/.test(text)) while (process.cpuUsage(before).user < 150_000);
    else kept.push(Buffer.alloc(8 * 2 ** 20));
    yield [{ type: 'reply-start', replyId }, { type: 'text-delta', text: 'Yes.' }, { type: 'reply-end', finishReason: 'stop' }];
  },
});`;

describe('what costs more is found:', () => {
  it.each([
    { fault: 'CPU in milliseconds', words: fc.string().map((text) => `${text}1`) },
    { fault: 'bytes held', words: fc.constant('no digits') },
  ])('$fault', { timeout: 120_000 }, async ({ fault, words }) => {
    const folder = await emptyFolder();
    const path = join(folder, 'faulty.mjs');
    await writeFile(path, faulty);
    const slow = await startCosted({
      change(config) {
        config.backends.shop = { type: 'module', path };
      },
    });
    onTestFinished(async () => {
      await slow.close();
      await removeFolder(folder);
    });
    const property = fc.asyncProperty(words, async (message) => {
      const request = {
        method: 'POST',
        target: '/v1/chat/completions',
        headers: { authorization: `Bearer ${secrets.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'support-agent', messages: [{ role: 'user', content: message }] }),
      };
      await expectCheap(slow, async () => expect(await sendOnce(slow.url, request)).toMatchObject({ status: 200 }));
    });
    await expect(fc.assert(property, { ...fuzzSettings(0.01), endOnFailure: true })).rejects.toMatchObject({
      cause: { message: expect.stringContaining(fault) },
    });
  });
});
