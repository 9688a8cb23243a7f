import { type ChatEvent, createReplyFolder, defined, type OperationName, type Turn } from '../canonical/index.ts';
import { bodyOf, paramsOf, type RecordedExchange, readBytes } from '../cassettes/index.ts';
import type { Answered } from '../comparing/index.ts';
import type { Dialect, Endpoint, Exchange, WireRequest } from '../dialects/dialect.ts';
import { parseJson } from '../dialects/json.ts';
import { schemaGuard } from '../dialects/schema.ts';
import { toGatewayError } from '../errors/index.ts';
import { createSseParser } from '../sse/index.ts';

/** A turn of a cassette, and what the recorded server answered, in the canonical model. */
export interface RecordedTurn {
  readonly turn: Turn;
  readonly answered: Answered;
  /** The conversation as the recorded server shows it. */
  readonly conversationId?: string;
}

/** What a conversation that began elsewhere than in its first turn is known by, and who was to answer in it. */
export interface Beginning {
  readonly conversationId: string;
  readonly agent: string;
}

/** The turn that an exchange is; `undefined` for one that is none, or that the dialect cannot read. `agents` has who answers in conversations. */
export function readTurn(
  dialect: Dialect,
  exchange: RecordedExchange,
  agents: Pick<ReadonlyMap<string, string>, 'get'>,
): RecordedTurn | undefined {
  return readWith(dialect, 'send-message', exchange, ({ endpoint, wire, facts }) => {
    const turn = endpoint.request.decode(wire, facts);
    const { conversationId: said, agent = said === undefined ? undefined : agents.get(said) } = turn;
    const answer = readAnswer(dialect, endpoint, exchange, defined({ ...facts, turn, conversationId: said }));
    // One that was answered whole is asked whole, though others may follow it as it grows.
    const delivery = isDocument(bodyOf(exchange.answer).toString('utf8')) ? ('whole' as const) : ('stream' as const);
    return { turn: defined({ ...turn, agent, delivery }), ...answer };
  });
}

/** The beginning of a conversation that an exchange is; `undefined` for one that is none, or names nobody. */
export function readBeginning(dialect: Dialect, exchange: RecordedExchange): Beginning | undefined {
  return readWith(dialect, 'create-conversation', exchange, ({ endpoint, wire, facts }) => {
    const { agent } = endpoint.request.decode(wire, facts);
    const { status = 502 } = exchange.answer;
    if (agent === undefined || status >= 300) return undefined;
    const body = parseJson(bodyOf(exchange.answer).toString('utf8'));
    const begun = endpoint.response?.decode({ status, headers: {}, body }, facts);
    return begun && { conversationId: begun.id, agent };
  });
}

interface ReadRequest<N extends OperationName> {
  readonly endpoint: Endpoint<N>;
  readonly wire: WireRequest;
  readonly facts: Exchange;
}

/** `undefined` for a request of another operation, and for what cannot be read: the recorded server may take what we do not. */
function readWith<N extends OperationName, T>(
  { endpoints }: Dialect,
  operation: N,
  exchange: RecordedExchange,
  read: (request: ReadRequest<N>) => T | undefined,
): T | undefined {
  const { method, path } = exchange.request;
  for (const each of endpoints) {
    if (each.operation !== operation || each.method !== method) continue;
    const endpoint = each as unknown as Endpoint<N>; // the operation tells the members of the union apart
    const params = each.paths.map((template) => paramsOf(template, path)).find((found) => found !== undefined);
    if (params === undefined) continue;
    const wire = readRequest(exchange, params);
    if (!schemaGuard(each.schema.request).accepts(wire)) return undefined;
    try {
      return read({ endpoint, wire, facts: { replyId: anyReply, receivedAt: exchange.at } });
    } catch {
      return undefined;
    }
  }
  return undefined;
}

/** What a recording names no reply by. */
export const anyReply = '00000000-0000-4000-8000-000000000000';

function readRequest({ request }: RecordedExchange, params: WireRequest['params']): WireRequest {
  const text = readBytes(request.body).toString('utf8');
  return {
    params,
    query: Object.fromEntries(new URLSearchParams(request.query)),
    headers: request.headers,
    body: text === '' ? undefined : parseJson(text),
  };
}

type Read = Pick<RecordedTurn, 'answered' | 'conversationId'>;

function readAnswer(
  dialect: Dialect,
  endpoint: Endpoint<'send-message'>,
  exchange: RecordedExchange,
  facts: Exchange,
): Read {
  const { status = 502, headers: recorded = {}, end } = exchange.answer;
  const text = bodyOf(exchange.answer).toString('utf8');
  const headers = Object.fromEntries(Object.entries(recorded).map(([name, value]) => [name, [value].flat()[0] ?? '']));
  try {
    if (status >= 300) {
      const response = { status, headers, body: parseJson(text) };
      return { answered: { status, code: dialect.errors.decode(response, facts).code } };
    }
    const reply = isDocument(text)
      ? endpoint.response?.decode({ status, headers, body: parseJson(text) }, facts)
      : foldStream(endpoint, text, { ...facts, ...endpoint.events?.opening?.decode(headers, facts) });
    if (reply === undefined || end !== 'whole') return { answered: { status, code: 'upstream-protocol' } };
    const { conversationId = facts.conversationId } = reply;
    return { answered: { status, code: 'ok', reply }, ...(conversationId !== undefined && { conversationId }) };
  } catch (thrown) {
    return { answered: { status, code: toGatewayError(thrown).code } };
  }
}

const isDocument = (text: string): boolean => /^\s*[[{]/.test(text);

/** `undefined` for a stream that does not end. */
function foldStream({ events }: Endpoint<'send-message'>, text: string, facts: Exchange) {
  if (events === undefined) return undefined;
  const parser = createSseParser();
  const decode = events.decoder(facts);
  const folder = createReplyFolder(facts.receivedAt);
  let last: ChatEvent | undefined;
  for (const message of [...parser.push(Buffer.from(text)), ...parser.end()]) {
    if (last?.type === 'reply-end') break;
    for (const event of decode(message)) {
      folder.add(event);
      last = event;
    }
  }
  return last?.type === 'reply-end' ? folder.reply() : undefined;
}
