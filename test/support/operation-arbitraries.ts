import fc from 'fast-check';
import type { InputOf, OperationName, OutputOf } from '../../src/canonical/index.ts';
import type { Dialect, Exchange } from '../../src/dialects/dialect.ts';
import {
  conversation,
  identifiersOf,
  json,
  message,
  participant,
  reply,
  someText,
  timestamp,
  turn,
} from './arbitraries.ts';

/** Every input and output of an operation that a dialect's callers may cause. */
export type OperationArbitraries = {
  readonly [N in OperationName]?: {
    readonly input: fc.Arbitrary<InputOf<N>>;
    readonly output: fc.Arbitrary<OutputOf<N>>;
  };
};

const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,30}$/);

/** A part of a list that begins where a page does, since some dialects count in pages. */
const page = fc
  .record({
    limit: fc.integer({ min: 1, max: 100 }),
    number: fc.nat({ max: 500 }),
    order: fc.constantFrom('ascending' as const, 'descending' as const),
  })
  .map(({ limit, number, order }) => ({ offset: limit * number, limit, order }));

/** A list's part, of a list that is long enough for it. */
function pageOf<T>(entry: fc.Arbitrary<T>) {
  return fc
    .tuple(page, fc.array(entry, { maxLength: 4 }), fc.nat({ max: 300 }))
    .map(([{ offset, limit }, entries, rest]) => {
      const shown = entries.slice(0, limit);
      return { entries: shown, total: offset + shown.length + (shown.length < limit ? 0 : rest), offset, limit };
    });
}

/** What goes in and comes out of each operation, in one dialect's ids and in one exchange. */
export function operationsOf(dialect: Dialect, exchange: Exchange): OperationArbitraries {
  const { conversationId, userId } = identifiersOf(dialect);
  const who = participant({ userId });
  const agent = fc.record({ slug: id, name: someText(), owner: someText() });
  const which = fc.record({ conversationId });
  const whose = fc.record({ participant: who });
  const messages = message(exchange);
  const seen = fc.constantFrom('shown' as const, 'clicked' as const, 'dismissed' as const);
  const rating = fc.record({ score: fc.integer({ min: 1, max: 5 }), comment: someText() });
  const contact = fc.record(
    {
      email: fc.stringMatching(/^[a-z]{1,10}@[a-z]{1,10}\.example$/),
      phone: fc.stringMatching(/^\+[0-9]{5,12}$/),
      name: id,
    },
    { requiredKeys: ['email'] },
  );
  return {
    'send-message': { input: turn(dialect), output: reply(exchange) },
    'create-conversation': {
      input: fc.record(
        { participant: who, agent: fc.uuid(), title: someText(), metadata: json },
        { requiredKeys: ['participant', 'agent', 'metadata'] },
      ),
      output: conversation(dialect),
    },
    'follow-conversation': {
      input: fc.record(
        {
          conversationId,
          participant: who,
          after: fc.stringMatching(/^[0-9]{1,6}(-[0-9a-f]{8}\.[0-9]{1,4})?$/),
          delivery: fc.constantFrom('stream' as const, 'recent' as const),
        },
        { requiredKeys: ['conversationId', 'delivery', 'participant'] },
      ),
      output: fc.constant([]), // entries only mean something in their order: the laws of streams hold them
    },
    'list-agents': { input: fc.constant({}), output: fc.record({ agents: fc.array(agent, { maxLength: 3 }) }) },
    'get-agent': { input: fc.record({ agent: id }), output: agent },
    'list-messages': { input: fc.record({ conversationId, page }), output: pageOf(messages) },
    'list-session-messages': { input: fc.record({ participant: who, page }), output: pageOf(messages) },
    'get-conversation': { input: which, output: conversation(dialect) },
    'list-conversations': { input: fc.record({ participant: who, page }), output: pageOf(conversation(dialect)) },
    'delete-conversation': { input: which, output: fc.record({ deletedAt: timestamp }) },
    'save-contact': { input: fc.record({ participant: who, contact }), output: fc.record({ contact }) },
    'collect-operator-messages': {
      input: fc.record(
        { participant: who, afterSequence: fc.nat({ max: 100_000 }), since: timestamp },
        { requiredKeys: ['participant'] },
      ),
      output: fc.record({
        messages: fc.array(messages, { maxLength: 3 }),
        mode: fc.constantFrom('ai' as const, 'operator' as const),
      }),
    },
    'get-block-status': { input: whose, output: fc.record({ blocked: fc.boolean() }) },
    'collect-nudges': {
      input: whose,
      output: fc.record({
        nudges: fc.array(fc.record({ id: fc.integer({ min: 1, max: 1000 }), text: someText(), createdAt: timestamp })),
      }),
    },
    'record-nudge-event': {
      input: fc.record({ participant: who, event: seen, rule: id }, { requiredKeys: ['participant', 'event'] }),
      output: fc.record({ event: seen }),
    },
    'upload-image': {
      input: fc.record({ participant: who, image: fc.record({ bytes: fc.uint8Array({ maxLength: 64 }) }) }),
      output: fc.record({ url: id.map((name) => `https://shop.example/uploads/${name}.png`) }),
    },
    'rate-conversation': {
      input: fc.tuple(whose, rating).map(([known, told]) => ({ ...known, ...told })),
      output: rating,
    },
  };
}
