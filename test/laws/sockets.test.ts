import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Turn } from '../../src/canonical/index.ts';
import { dialects } from '../../src/dialects/registry.ts';
import { schemaGuard } from '../../src/dialects/schema.ts';
import { type ErrorCode, errorCodes, GatewayError } from '../../src/errors/index.ts';
import { identifiersOf, json, someText } from '../support/arbitraries.ts';
import { documentedExchange, readGoldenStreams } from '../support/golden.ts';
import { deepFreeze, expectSame } from '../support/wire.ts';
import { baseOf } from './surface.ts';

/** The laws of what clients send over a WebSocket. */
describe.each(dialects.filter(({ sockets = [] }) => sockets.length > 0))('over a socket of $name', (dialect) => {
  const exchange = documentedExchange(dialect);
  const sockets = (dialect.sockets ?? []).map((socket) => [baseOf(socket), socket] as const);
  const turns: fc.Arbitrary<Turn> = fc.record({ text: someText(), extra: json }).map(({ text, extra }) => ({
    text,
    extra,
    attachments: [],
    activity: [],
    delivery: 'stream',
    participant: {},
    conversationId: exchange.conversationId ?? '',
  }));

  it.each(sockets)('%s: what a visitor says comes back, and is what the schema takes', (_base, socket) => {
    fc.assert(
      fc.property(turns, (turn) => {
        const text = socket.inbound.encode(deepFreeze(turn), exchange);
        expect(schemaGuard(socket.schema.inbound).violations(JSON.parse(text))).toEqual([]);
        expectSame(socket.inbound.decode(text, exchange), turn);
      }),
    );
  });

  it.each(sockets)('%s: a frame that asks nothing comes back as one', (_base, socket) => {
    expect(socket.inbound.decode(socket.inbound.encode(undefined, exchange), exchange)).toBeUndefined();
  });

  it.each(sockets)('%s: any other text is refused as the caller’s error, or asks nothing', (_base, socket) => {
    const anything = fc.oneof(fc.string(), fc.json(), fc.constant('{"__proto__":{"content":"x"}}'));
    fc.assert(
      fc.property(anything, (text) => {
        try {
          socket.inbound.decode(text, exchange);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(GatewayError);
          expect(['malformed-request', 'invalid-request']).toContain((thrown as GatewayError).code); // by the line above
        }
      }),
    );
  });

  it.each(sockets)('%s: who connects to what comes back', (_base, socket) => {
    const { conversationId, userId } = identifiersOf(dialect);
    fc.assert(
      fc.property(conversationId, userId, (conversation, user) => {
        const input = { conversationId: conversation, participant: { userId: user }, delivery: 'stream' as const };
        const wire = socket.request.encode(input, exchange);
        expect(schemaGuard(socket.schema.request).violations(wire)).toEqual([]);
        expectSame(socket.request.decode(wire, exchange), input);
      }),
    );
  });

  // The table's keys are the codes: its type says so, `Object.keys` forgets it.
  it.each(Object.keys(errorCodes) as readonly ErrorCode[])(
    '%s closes with a code that a server may use, or not',
    (code) => {
      for (const [, socket] of sockets) {
        const close = socket.closeCode(new GatewayError(code, 'Refused'));
        if (close !== undefined) expect(close === 1008 || close === 1011 || (close >= 4000 && close < 5000)).toBe(true);
      }
    },
  );

  const golden = readGoldenStreams(dialect).filter(({ kind }) => kind === 'inbound');

  it.each(golden.map((stream) => [stream.file, stream] as const))('%s', (_file, { base, bytes }) => {
    const socket = sockets.find(([name]) => name === base)?.[1];
    if (socket === undefined) throw new Error(`no socket is called ${base}`);
    const frames = new TextDecoder()
      .decode(bytes)
      .split('\n')
      .filter((line) => line !== '');
    expect(frames).not.toHaveLength(0);
    for (const text of frames) {
      expect(schemaGuard(socket.schema.inbound).violations(JSON.parse(text))).toEqual([]);
      const again = socket.inbound.encode(socket.inbound.decode(text, exchange), exchange);
      expect(JSON.parse(again)).toEqual(JSON.parse(text));
    }
  });
});
