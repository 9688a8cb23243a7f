import { describe, expect, it } from 'vitest';
import { adminApi } from '../../src/admin/index.ts';
import type { AnyEndpoint, Dialect, WireRequest } from '../../src/dialects/dialect.ts';
import { dialects } from '../../src/dialects/registry.ts';
import { schemaGuard } from '../../src/dialects/schema.ts';
import { GatewayError, toGatewayError } from '../../src/errors/index.ts';
import { documentedExchange } from '../support/golden.ts';

/** A field of a request, its bound in characters, and how the dialect says so. */
interface Bound {
  readonly dialect: Dialect;
  /** The request's schema. */
  readonly schema: string;
  readonly wire: WireRequest;
  readonly place: 'body' | 'headers';
  readonly field: readonly (string | number)[];
  readonly limit: number;
  readonly says: string;
}

const none = { params: {}, query: {}, headers: {}, body: undefined };
const uuid = 'ab12cd34-ef56-7890-ab12-cd34ef567890';
const session = { session_id: 's' };
const dialectOf = (name: string): Dialect =>
  dialects.find((dialect) => dialect.name === name) ?? expect.fail(`no dialect is called ${name}`);

const toChat = { ...none, params: { chatId: uuid }, body: { message: 'Hi', currentUrl: '' } };
const toItems = { ...none, body: { message: 'Hi', events: [{ timestamp: 't', type: 'browse' }] } };
const toAgent = { ...none, params: { slug: 'a' }, body: { message: 'Hi' } };
const toModel = { ...none, body: { model: 'a', messages: [{ role: 'user', content: 'Hi' }] } };
const toResponse = { ...none, body: { model: 'a', input: [{ role: 'user', content: 'Hi' }] } };
const toConversation = { ...none, params: { conversation_id: uuid }, body: { text: 'Hi' } };
const toSession = { ...none, params: { site: 'sk', ...session }, body: { text: 'Hi' } };
const toWidget = (body: object) => ({ ...none, body: { ...session, ...body } });

const homie = (field: string, limit: number): Bound => ({
  dialect: dialectOf('homie'),
  schema: 'homie/send-message.request.json',
  wire: toChat,
  place: 'body',
  field: [field],
  limit,
  says: `"message":["${field} must be shorter than or equal to ${limit} characters"]`,
});
const items = (field: Bound['field'], limit: number): Bound => ({
  dialect: dialectOf('item-discovery'),
  schema: 'item-discovery/send-message.request.json',
  wire: toItems,
  place: 'body',
  field,
  limit,
  says: `"msg":"String should have at most ${limit} characters"`,
});
const agent = (place: Bound['place'], field: string, limit: number): Bound => ({
  dialect: dialectOf('agent-slug'),
  schema: 'agent-slug/send-message.request.json',
  wire: toAgent,
  place,
  field: [field],
  limit,
  says: `"message":"${field} must be at most ${limit} characters"`,
});
const chats = (field: string, limit: number): Bound => ({
  dialect: dialectOf('tenant-chats'),
  schema: 'tenant-chats/create-conversation.request.json',
  wire: { ...none, body: { user_id: 'u' } },
  place: 'body',
  field: [field],
  limit,
  says: `"detail":"Field '${field}' must not have more than ${limit} characters"`,
});
const openai = (field: Bound['field'], limit: number, name: string): Bound => ({
  dialect: dialectOf('openai'),
  schema: 'openai/send-message.request.json',
  wire: toModel,
  place: 'body',
  field,
  limit,
  says: `"Invalid value for '${name}': string too long. Expected a string with maximum length ${limit}."`,
});
const response = (field: Bound['field'], limit: number, name: string): Bound => ({
  ...openai(field, limit, name),
  schema: 'openai/create-response.request.json',
  wire: toResponse,
});
const widget = (base: string, body: object, field: string, limit: number): Bound => ({
  dialect: dialectOf('widget'),
  schema: `widget/${base}.request.json`,
  wire: toWidget(body),
  place: 'body',
  field: [field],
  limit,
  says: `"${field}":"The ${field} field must not have more than ${limit} characters"`,
});
const admin = (base: string, wire: WireRequest): Bound => ({
  dialect: adminApi,
  schema: `admin/${base}.request.json`,
  wire,
  place: 'body',
  field: ['text'],
  limit: 32_768,
  says: '"path":"body.text","message":"must NOT have more than 32768 characters"',
});

const bounds: readonly Bound[] = [
  homie('message', 32_768),
  homie('currentUrl', 4_096),
  items(['message'], 32_768),
  items(['user_id'], 256),
  items(['session_id'], 256),
  items(['events', 0, 'description'], 4_096),
  items(['events', 0, 'timestamp'], 64),
  items(['events', 0, 'type'], 64),
  items(['events', 0, 'item_id'], 256),
  agent('body', 'message', 32_768),
  agent('headers', 'x-user-identifier', 256),
  chats('user_id', 256),
  chats('title', 512),
  openai(['messages', 0, 'content'], 32_768, 'messages[0].content'),
  openai(['user'], 256, 'user'),
  openai(['safety_identifier'], 256, 'safety_identifier'),
  response(['input'], 32_768, 'input'),
  response(['input', 0, 'content'], 32_768, 'input[0].content'),
  response(['instructions'], 262_144, 'instructions'),
  response(['user'], 256, 'user'),
  response(['safety_identifier'], 256, 'safety_identifier'),
  response(['previous_response_id'], 512, 'previous_response_id'),
  response(['conversation'], 256, 'conversation'),
  widget('send-message', { message: 'Hi' }, 'message', 32_768),
  widget('send-message', { message: 'Hi' }, 'lang', 64),
  widget('rate-comment', { comment: 'Good' }, 'comment', 4_096),
  admin('write-operator-message', toConversation),
  admin('offer-nudge', toSession),
];

/** The value with a text at a place inside it. */
function withText(value: unknown, [first, ...rest]: Bound['field'], text: string): unknown {
  if (first === undefined) return text;
  if (Array.isArray(value)) return value.map((each, at) => (at === first ? withText(each, rest, text) : each));
  const fields = Object(value) as Readonly<Record<string, unknown>>; // absent ones are none
  return { ...fields, [first]: withText(fields[first], rest, text) };
}

/** Every text that a caller may send and that is kept or searched has a bound, which the dialect tells in its own words. */
describe.each(bounds)('$schema: $field', ({ dialect, schema, wire, place, field, limit, says }) => {
  const violations = (length: number) =>
    schemaGuard(schema).violations({ ...wire, [place]: withText(wire[place], field, '語'.repeat(length)) });

  it(`may have ${limit} characters`, () => {
    expect(violations(limit)).toEqual([]);
  });

  it('may not have one more, and the refusal says so', () => {
    const refused = new GatewayError('invalid-request', 'Refused', { violations: violations(limit + 1) });
    const { body } = dialect.errors.encode(refused, documentedExchange(dialect));
    expect(schemaGuard(dialect.errors.schema).violations(body)).toEqual([]);
    expect(JSON.stringify(body)).toContain(says);
  });
});

const speaks = ({ operation }: AnyEndpoint) => operation === 'send-message' || operation === 'write-operator-message';

describe.each([...dialects, adminApi])('in $name', (dialect) => {
  it('no visitor and no operator can speak without a bound', () => {
    const bounded = bounds.map(({ schema }) => schema);
    for (const endpoint of dialect.endpoints.filter(speaks)) expect(bounded).toContain(endpoint.schema.request);
  });

  it.each(dialect.sockets ?? [])('over $paths no frame can either', ({ inbound }) => {
    const exchange = documentedExchange(dialect);
    const say = (length: number) => inbound.decode(JSON.stringify({ content: 'x'.repeat(length) }), exchange);
    expect(say(32_768)).toHaveProperty('text.length', 32_768);
    try {
      say(32_769);
      expect.unreachable();
    } catch (thrown) {
      const { body } = dialect.errors.encode(toGatewayError(thrown), exchange);
      expect(body).toEqual({ detail: "Field 'content' must not have more than 32768 characters" });
    }
  });
});
