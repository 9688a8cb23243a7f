import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toGatewayError } from '../../../src/errors/index.ts';
import { createAddressGuard, createOrigin, type Origin } from '../../../src/network/index.ts';
import { createRawServer, type RawRequest, type RawServer } from '../../support/vendor-server.ts';

let server: RawServer;
let origin: Origin;
beforeEach(async () => {
  server = await createRawServer();
  origin = createOrigin({ baseUrl: server.url, connectMs: 5_000, addresses: createAddressGuard() });
});
afterEach(async () => {
  await origin.close();
  await server.close();
});

/** What comes of an answer that is read as events; nothing but timers of its caller ends it otherwise. */
async function read(enough = Number.POSITIVE_INFINITY): Promise<number> {
  const answer = await origin.send({ method: 'GET', path: '/', headers: {} }, AbortSignal.timeout(20_000));
  let events = 0;
  try {
    for await (const batch of answer.messages()) {
      events += batch.length;
      if (events >= enough) break;
    }
    return events;
  } finally {
    answer.discard();
  }
}

/** Has the server say the same thing until its connection is closed. */
async function flood({ writeToSocket, closed }: RawRequest, opening: string, again: string): Promise<void> {
  const over = new AbortController();
  void closed.then(() => over.abort());
  writeToSocket(opening);
  while (!over.signal.aborted) {
    writeToSocket(again);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const stream = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n';
const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

describe('an upstream that never comes to the point', () => {
  it.each([
    ['hints', '', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(20)],
    ['signs of life', '', 'HTTP/1.1 102 Processing\r\n\r\n'],
    ['headers', 'HTTP/1.1 200 OK\r\n', 'X-More: and more\r\n'.repeat(100)],
    ['one header', 'HTTP/1.1 200 OK\r\nX-Long: ', 'x'.repeat(1_000)],
    ['comments', stream, ': still here\n\n'.repeat(5_000)],
    ['empty lines', stream, '\n'.repeat(65_536)],
    ['one comment', stream + ':', 'x'.repeat(65_536)],
    ['one line of data', `${stream}data: `, 'x'.repeat(65_536)],
    ['one event of many lines', stream, 'data: x\n'.repeat(8_192)],
    ['fields that are none', stream, 'x: y\n'.repeat(8_192)],
    ['trailers', `${chunked}0\r\n`, 'X-More: and more\r\n'.repeat(100)],
  ])('but sends %s is given up', async (_what, opening, again) => {
    const reading = read().catch(toGatewayError);
    await flood(await server.next(), opening, again);
    expect(await reading).toMatchObject({ code: 'upstream-protocol' });
  });

  it('is heard where it only takes its time', async () => {
    const reading = read(5);
    const { writeToSocket } = await server.next();
    writeToSocket('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(50) + stream);
    for (let said = 0; said < 5; said += 1) writeToSocket(`${': still here\n\n'.repeat(100_000)}data: x\n\n`);
    expect(await reading).toBe(5);
  });
});
