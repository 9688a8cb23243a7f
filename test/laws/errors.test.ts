import { describe, expect, it } from 'vitest';
import { adminApi } from '../../src/admin/index.ts';
import type { Dialect, EventCodec, Exchange } from '../../src/dialects/dialect.ts';
import { dialects } from '../../src/dialects/registry.ts';
import { schemaGuard } from '../../src/dialects/schema.ts';
import { type ErrorCode, errorCodes, GatewayError, type GatewayErrorDetails } from '../../src/errors/index.ts';
import { documentedExchange } from '../support/golden.ts';
import { decodeMessages } from '../support/streams.ts';
import { throughJson } from '../support/wire.ts';
import { failuresWithoutEnd } from './narrowings.ts';
import { feedStreamsOf, replyStreamsOf, type Stream, surfacesOf } from './surface.ts';
import { terminatorOf } from './terminator.ts';

const secret = 'secret /etc/key';

// The table's keys are the codes: its type says so, `Object.keys` forgets it.
const codes = Object.keys(errorCodes) as readonly ErrorCode[];

const subjects = ['conversation', 'agent', 'site', 'user', 'route', 'image'] as const;

/** What an error may bring along: each part alone, and everything. `violations` are those of a request that nothing in it fits. */
function detailsIn(dialect: Dialect): readonly GatewayErrorDetails[] {
  const requests = [{}, { params: 5, query: 5, headers: 5, body: 5 }, { params: {}, query: {}, headers: {}, body: {} }];
  const violations = surfacesOf(dialect).flatMap(({ schema }) =>
    requests.map((request) => schemaGuard(schema.request).violations(request)),
  );
  const parts: readonly GatewayErrorDetails[] = [
    {},
    { cause: new Error(secret) },
    ...violations.map((found) => ({ violations: found })),
    ...subjects.map((kind) => ({ subject: { kind, id: 'x' } })),
    ...[0, 1, 1500, 900_000].map((retryAfterMs) => ({ retryAfterMs })),
    { source: '{"message": "Hi"' },
    { source: '' },
    { allow: ['GET', 'POST'] },
  ];
  return [...parts, Object.assign({}, ...parts) as GatewayErrorDetails]; // parts of one type
}

const errorsIn = (dialect: Dialect, code: ErrorCode) =>
  detailsIn(dialect).map((details) => new GatewayError(code, secret, details));

/** Law 5: every error can be told, in the dialect's own words, and tells nothing that it should not. */
describe.each([...dialects, adminApi])('an error in $name', (dialect) => {
  const exchange = documentedExchange(dialect);

  it.each(codes)('%s is rendered as the error schema has it', (code) => {
    for (const error of errorsIn(dialect, code)) {
      const { status, body, headers } = dialect.errors.encode(error, exchange);
      expect(schemaGuard(dialect.errors.schema).violations(throughJson(body))).toEqual([]);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(Math.floor(status / 100)).toBe(Math.floor(errorCodes[code].status / 100));
      expect(Object.keys(headers).filter((name) => name.includes('\n'))).toEqual([]);
    }
  });

  it.each(codes.filter((code) => !errorCodes[code].exposed))('%s never shows its message', (code) => {
    for (const error of errorsIn(dialect, code)) {
      expect(JSON.stringify(dialect.errors.encode(error, exchange))).not.toContain('secret');
      for (const { events } of allStreams(dialect)) {
        expect(JSON.stringify([...events.failure(error, exchange)])).not.toContain('secret');
      }
    }
  });

  it.each(codes)('%s of an upstream is never taken for our own caller’s', (code) => {
    const { status, body, headers } = dialect.errors.encode(new GatewayError(code, 'Refused'), exchange);
    const read = dialect.errors.decode({ status, headers, body: throughJson(body) }, exchange);
    expect(read).toBeInstanceOf(GatewayError);
    expect(read.code).toMatch(/^(upstream-|content-filter|context-overflow|quota|unauthorised-key|model-missing)/);
    expect(read.publicMessage).not.toContain('Refused');
  });
});

describe.each(dialects.filter((dialect) => allStreams(dialect).length > 0))(
  'a stream that fails in $name',
  (dialect) => {
    const exchange = documentedExchange(dialect);

    it.each(codes)('failure 11: %s is told in messages that the schema takes', (code) => {
      for (const error of errorsIn(dialect, code)) {
        for (const { events, schema, terminator } of allStreams(dialect)) {
          const told = [...events.failure(error, exchange)].filter(({ data }) => data !== terminator);
          expect(told).not.toHaveLength(0);
          for (const { data } of told) expect(schemaGuard(schema).violations(JSON.parse(data))).toEqual([]);
        }
      }
    });

    it('failure 12: ends as the dialect’s streams end, and never with the end of another', () => {
      for (const { events, terminator } of allStreams(dialect)) {
        const told = [...events.failure(new GatewayError('upstream-failed', secret), exchange)].map(({ data }) => data);
        const ends = told.filter((data) => !data.startsWith('{'));
        const end = failuresWithoutEnd.has(dialect.name) ? undefined : terminator;
        expect(ends).toEqual(end === undefined ? [] : [end]);
        if (end !== undefined) expect(told.at(-1)).toBe(end);
      }
    });

    it('failure 14: says that it failed before anything that could be read as its end', () => {
      for (const stream of allStreams(dialect)) {
        const messages = [...stream.events.failure(new GatewayError('upstream-failed', secret), exchange)];
        expect(stream.read(messages.slice(0, 1))).toBe('upstream-failed');
        expect(stream.read(messages)).toBe('upstream-failed');
      }
    });
  },
);

interface FailingStream {
  readonly schema: string;
  readonly events: Pick<EventCodec<never>, 'failure'>;
  readonly terminator: string | undefined;
  /** The code of the error that a client of these messages comes to. */
  read(messages: Parameters<typeof decodeMessages>[1]): ErrorCode | undefined;
}

function allStreams(dialect: Dialect): readonly FailingStream[] {
  const exchange = documentedExchange(dialect);
  const replies = replyStreamsOf(dialect).map((stream) =>
    failing(stream, terminatorOf(stream.events, exchange), exchange),
  );
  return [...replies, ...feedStreamsOf(dialect).map((stream) => failing(stream, undefined, exchange))];
}

function failing<Event>(
  { schema, events }: Stream<Event>,
  terminator: string | undefined,
  exchange: Exchange,
): FailingStream {
  return { schema, events, terminator, read: (messages) => decodeMessages(events, messages, exchange).error?.code };
}
