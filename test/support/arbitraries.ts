import fc from 'fast-check';
import {
  type ChatEvent,
  type Conversation,
  type Item,
  type JsonObject,
  type Message,
  type Participant,
  type Reply,
  type Turn,
  unfoldReply,
} from '../../src/canonical/index.ts';
import type { Dialect, Exchange } from '../../src/dialects/dialect.ts';
import { maxMetadataBytes } from '../../src/dialects/tenant-chats/metadata.ts';
import { throughJson } from './wire.ts';

/** Ids as a dialect's callers have them; what its documents allow is data, with the reason. */
export interface Identifiers {
  readonly conversationId: fc.Arbitrary<string>;
  readonly userId: fc.Arbitrary<string>;
}

const plainId = fc.stringMatching(/^[A-Za-z0-9_@.:-]{1,40}$/);

const conversationIds: Readonly<Record<Dialect['conversationIds'], fc.Arbitrary<string>>> = {
  uuid: fc.uuid(),
  prefixed: plainId.map((id) => `conv_${id}`),
  integer: fc.integer({ min: 1, max: 2 ** 40 }).map(String),
  text: plainId,
};

/** The ids that a dialect's callers use. Homie documents that all identifiers are UUIDs; the others take any text. */
export function identifiersOf({ conversationIds: kind, name }: Pick<Dialect, 'conversationIds' | 'name'>): Identifiers {
  return { conversationId: conversationIds[kind], userId: name === 'homie' ? fc.uuid() : plainId };
}

/** Text that has broken gateways: what looks like framing, line ends of every kind, characters of one to four bytes. */
const awkward = [
  '\n',
  '\r\n',
  '\r',
  'data: x',
  '[DONE]',
  ': ping',
  'a: b: c',
  '"',
  '\\',
  '\u2028',
  '日本語',
  '👩‍👩‍👧',
  'é',
  '\u0301',
  '\ufeff',
  ' ',
];

/** As much as the tightest bound of a free text admits: a chat's title. */
const maxLength = 512;

/** Any text, the awkward kind often; not empty unless `minLength` is 0. */
export function someText({ minLength = 1 }: { readonly minLength?: 0 | 1 } = {}): fc.Arbitrary<string> {
  const part = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.constantFrom(...awkward));
  return fc
    .array(part, { maxLength: 6 })
    .map((parts) => parts.join(''))
    .filter(({ length }) => length >= minLength && length <= maxLength);
}

/** RFC 3339 in UTC, as Node prints it, on the whole second as often as between two. */
export const timestamp: fc.Arbitrary<string> = fc
  .date({ min: new Date('2020-01-01'), max: new Date('2038-01-01'), noInvalidDate: true })
  .chain((date) => fc.constantFrom(date.toISOString(), date.toISOString().replace(/\.\d+Z$/, 'Z')));

const word = fc.stringMatching(/^[a-z]{1,12}$/);
const address = word.map((path) => `https://shop.example/${path}`);
const price = fc.nat({ max: 10_000_000 }).map((cents) => (cents / 100).toFixed(2));
const pairs = fc.array(fc.record({ key: word, value: someText() }), { minLength: 1, maxLength: 3 });

/** A product in which any field but id and title may be missing. */
export const item: fc.Arbitrary<Item> = fc.record<Item, 'id' | 'title'>(
  {
    id: plainId,
    title: someText(),
    brand: someText(),
    description: someText(),
    url: address,
    imageUrl: address,
    price,
    priceNote: someText(),
    currency: fc.constantFrom('EUR', 'USD', 'CHF'),
    status: fc.constantFrom('active', 'inactive', 'archived'),
    availability: fc.constantFrom('in-stock', 'limited', 'preorder', 'out-of-stock'),
    quantity: fc.nat({ max: 1000 }),
    category: someText(),
    attributes: pairs,
    location: pairs,
    flags: fc.array(fc.record({ type: word, title: someText(), text: someText() }), { minLength: 1, maxLength: 2 }),
    recommendation: someText(),
    query: someText(),
  },
  { requiredKeys: ['id', 'title'] },
);

/** A visitor who is known by an account, by a session, or by both. */
export function participant({ userId }: Pick<Identifiers, 'userId'>): fc.Arbitrary<Participant> {
  return fc.oneof(fc.record({ userId }), fc.record({ sessionId: plainId }), fc.record({ userId, sessionId: plainId }));
}

const isFar = (value: unknown): boolean => Number.isInteger(value) && !Number.isSafeInteger(value);

/** Any JSON object that a client may give along, `__proto__` among its keys at times. */
export const json: fc.Arbitrary<JsonObject> = fc
  .dictionary(fc.oneof(word, fc.constant('__proto__')), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 })
  .map((value) => throughJson(value) as JsonObject) // JSON by its making
  // Whole numbers that are refused, for they are read as others.
  .map((value) => JSON.parse(JSON.stringify(value), (_key, one: unknown) => (isFar(one) ? 0.5 : one)) as JsonObject)
  .filter((value) => Buffer.byteLength(JSON.stringify(value)) <= maxMetadataBytes);

const attachments = fc.array(fc.record({ kind: fc.constant('image' as const), url: address }), { maxLength: 1 });

/** A turn in a conversation that is there, or that is to be begun where the dialect's callers can. */
export function turn(dialect: Dialect): fc.Arbitrary<Turn> {
  const { conversationId, userId } = identifiersOf(dialect);
  const said = fc.record<Turn, 'text' | 'attachments' | 'delivery' | 'participant' | 'agent' | 'activity'>(
    {
      text: someText(),
      attachments,
      delivery: fc.constantFrom('whole', 'stream'),
      participant: participant({ userId }),
      conversationId,
      agent: fc.uuid(), // an id, and a slug as well
      clientMessageId: plainId,
      pageUrl: address,
      locale: fc.constantFrom('en', 'de-CH'),
      activity: fc.array(activityEvent, { maxLength: 3 }),
      itemLimit: fc.integer({ min: 1, max: 50 }),
      history: fc.array(fc.record({ role: fc.constantFrom('visitor', 'assistant'), text: someText() })),
      parameters: fc.record(
        {
          temperature: fc.constantFrom(0, 0.5, 2),
          maxTokens: fc.integer({ min: 1, max: 4_096 }),
          stop: fc.constant(['END']),
        },
        { requiredKeys: ['temperature'] },
      ),
      tools: fc
        .tuple(
          fc.array(fc.record({ name: word, description: someText() }), { minLength: 1, maxLength: 2 }),
          fc.boolean(),
        )
        .map(([offered, named]) => ({ offered, choice: named ? { name: offered[0]?.name ?? '' } : ('auto' as const) })),
      extra: fc.record({ store: word }),
      continuation: fc.record(
        { follows: fc.uuid(), instructions: someText(), keeps: fc.boolean() },
        { requiredKeys: ['keeps'] },
      ),
    },
    { requiredKeys: ['text', 'attachments', 'delivery', 'participant', 'agent', 'activity'] },
  );
  if (dialect.unknownConversations === 'begin') return said;
  return fc.tuple(said, conversationId).map(([rest, known]) => ({ ...rest, conversationId: known }));
}

const activityEvent = fc.record(
  { timestamp, type: word, itemId: plainId, description: someText() },
  { requiredKeys: ['timestamp', 'type'] },
);

const usage = fc.record(
  {
    inputTokens: fc.nat(),
    outputTokens: fc.nat(),
    totalTokens: fc.nat(),
    cachedTokens: fc.nat(),
    reasoningTokens: fc.nat(),
  },
  { requiredKeys: ['totalTokens'] },
);

/** A whole answer in the exchange's conversation. */
export function reply({ conversationId = '' }: Pick<Exchange, 'conversationId'>): fc.Arbitrary<Reply> {
  const some = fc.record<
    Reply,
    'id' | 'conversationId' | 'text' | 'items' | 'suggestions' | 'finishReason' | 'createdAt'
  >(
    {
      id: fc.uuid(),
      conversationId: fc.constant(conversationId),
      text: someText({ minLength: 0 }),
      items: fc.array(item, { maxLength: 3 }),
      suggestions: fc.array(someText(), { maxLength: 3 }),
      model: word,
      usage,
      finishReason: fc.constantFrom('stop', 'length', 'content-filter'),
      calls: fc.array(fc.record({ id: plainId, name: word, arguments: someText() }), { minLength: 1, maxLength: 2 }),
      createdAt: timestamp,
    },
    { requiredKeys: ['id', 'conversationId', 'text', 'items', 'suggestions', 'finishReason', 'createdAt'] },
  );
  // An answer that calls a tool ends with that, or is cut off.
  return some.map((one) => (one.calls && one.finishReason === 'stop' ? { ...one, finishReason: 'tool-calls' } : one));
}

/** A stored message of the exchange's conversation. */
export function message({ conversationId = '' }: Pick<Exchange, 'conversationId'>): fc.Arbitrary<Message> {
  return fc.record({
    id: fc.uuid(),
    conversationId: fc.constant(conversationId),
    sequence: fc.integer({ min: 1, max: 100_000 }),
    role: fc.constantFrom('visitor', 'assistant', 'operator', 'system'),
    text: someText({ minLength: 0 }),
    items: fc.array(item, { maxLength: 2 }),
    suggestions: fc.array(someText(), { maxLength: 2 }),
    attachments,
    createdAt: timestamp,
    status: fc.constant('complete'),
  });
}

/** A stored conversation under the id that the dialect shows. */
export function conversation(dialect: Dialect): fc.Arbitrary<Conversation> {
  const { conversationId, userId } = identifiersOf(dialect);
  const base = fc.record({
    id: conversationId,
    tenantId: fc.oneof(fc.uuid(), fc.constant('tenant-uuid-here')),
    agentId: fc.uuid(),
    participant: participant({ userId }),
    metadata: json,
    mode: fc.constantFrom('ai' as const, 'operator' as const),
    status: fc.constantFrom('active' as const, 'closed' as const),
    blocked: fc.boolean(),
    createdAt: timestamp,
    updatedAt: timestamp,
    messageCount: fc.nat({ max: 10_000 }),
    publicIds: fc.constant({}),
    remoteIds: fc.constant({}),
    collectedSequence: fc.nat({ max: 10_000 }),
  });
  const rest = fc.record({ title: someText(), lastMessageAt: timestamp }, { requiredKeys: [] });
  return fc.tuple(base, rest).map(([known, more]) => ({ ...known, ...more }));
}

/** One of the many streams that fold to a reply: its text in pieces (a character may be cut), its items apart, typing between. */
export function chunking(whole: Reply): fc.Arbitrary<readonly ChatEvent[]> {
  const cuts = fc.array(fc.nat({ max: whole.text.length }), { maxLength: 6 });
  return fc.tuple(cuts, fc.boolean(), fc.boolean()).map(([places, typing, apart]) =>
    unfoldReply(whole).flatMap((event): readonly ChatEvent[] => {
      if (event.type === 'reply-start' && typing) return [event, { type: 'typing' }];
      if (event.type === 'text-delta') return cutText(event.text, places).map((text) => ({ type: 'text-delta', text }));
      if (event.type === 'items-found' && apart)
        return event.items.map((one) => ({ type: 'items-found', items: [one] }));
      return [event];
    }),
  );
}

function cutText(text: string, places: readonly number[]): readonly string[] {
  const ends = [...new Set([0, ...places, text.length])].sort((left, right) => left - right);
  return ends.slice(1).map((end, index) => text.slice(ends[index], end));
}
