import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dialects } from '../../src/dialects/registry.ts';
import { type ErrorCode, errorCodes, GatewayError } from '../../src/errors/index.ts';
import { chunking, reply } from '../support/arbitraries.ts';
import { feed } from '../support/feed.ts';
import { documentedExchange } from '../support/golden.ts';
import { decodeMessages, encodeEvents } from '../support/streams.ts';
import { deepFreeze, expectSame, throughJson } from '../support/wire.ts';
import { passagesOf } from './passage.ts';
import { feedStreamsOf, replyStreamsOf } from './surface.ts';

/** Law 6: codecs are pure: they work on frozen values, and say the same thing twice. */
describe.each(dialects)('the codecs of $name', (dialect) => {
  const exchange = deepFreeze(documentedExchange(dialect));

  it.each(passagesOf(dialect).map((passage) => [passage.name, passage] as const))('%s', (_name, passage) => {
    fc.assert(
      fc.property(passage.values, (value) => {
        const frozen = deepFreeze(value);
        const wire = deepFreeze(throughJson(passage.encode(frozen)));
        expectSame(throughJson(passage.encode(frozen)), wire);
        expectSame(passage.decode(wire), passage.decode(wire));
      }),
      { numRuns: 50 },
    );
  });

  it('keep no memory between two streams of a reply', () => {
    for (const { events: codec } of replyStreamsOf(dialect)) {
      fc.assert(
        fc.property(reply(exchange).chain(chunking), (events) => {
          const messages = deepFreeze(encodeEvents(codec, deepFreeze(events), exchange));
          expect(encodeEvents(codec, events, exchange)).toEqual(messages);
          const heard = decodeMessages(codec, messages, exchange);
          expect(heard.error).toBeUndefined();
          expectSame(decodeMessages(codec, messages, exchange), heard);
        }),
        { numRuns: 50 },
      );
    }
  });

  it('keep no memory between two followers of a conversation', () => {
    for (const { events: codec } of feedStreamsOf(dialect)) {
      fc.assert(
        fc.property(feed(dialect, exchange), (entries) => {
          const messages = deepFreeze(encodeEvents(codec, deepFreeze(entries), exchange));
          expect(encodeEvents(codec, entries, exchange)).toEqual(messages);
          const heard = decodeMessages(codec, messages, exchange);
          expect(heard.error).toBeUndefined();
          expectSame(decodeMessages(codec, messages, exchange), heard);
        }),
        { numRuns: 50 },
      );
    }
  });

  // The table's keys are the codes: its type says so, `Object.keys` forgets it.
  it.each(Object.keys(errorCodes) as readonly ErrorCode[])('render %s the same twice', (code) => {
    const error = new GatewayError(code, 'Refused', deepFreeze({ retryAfterMs: 1500, violations: [] }));
    const rendered = deepFreeze(throughJson(dialect.errors.encode(error, exchange)));
    expectSame(throughJson(dialect.errors.encode(error, exchange)), rendered);
    const read = dialect.errors.decode(rendered, exchange);
    expect(dialect.errors.decode(rendered, exchange)).toMatchObject({ code: read.code, message: read.message });
  });
});
