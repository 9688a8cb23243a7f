import { defined, type InputOf, type OperationName, type OutputOf } from '../../canonical/index.ts';
import type { Timeouts, UpstreamBackendSettings } from '../../config/index.ts';
import type { Dialect, Endpoint, Exchange, SocketEndpoint, WireRequest } from '../../dialects/dialect.ts';
import { dialects } from '../../dialects/registry.ts';
import { schemaGuard } from '../../dialects/schema.ts';
import { checkDocument } from '../../dialects/upstream-document.ts';
import { decodeUpstreamStatus } from '../../dialects/upstream-status.ts';
import { GatewayError, toGatewayError } from '../../errors/index.ts';
import {
  type AddressGuard,
  type ClientSocket,
  createOrigin,
  type OriginAnswer,
  openSocket,
} from '../../network/index.ts';
import type { Trace } from '../../observability/trace.ts';
import { createAccess } from './access.ts';
import { writeHeaders, writePath } from './request.ts';

export type UpstreamSettings = UpstreamBackendSettings & { readonly timeouts: Timeouts };

/** What goes with every request: facts of the exchange, and what ends it. */
export interface Asking {
  /** Its conversation is the one that the upstream knows. */
  readonly exchange: Exchange;
  readonly signal: AbortSignal;
  readonly trace?: Trace | undefined;
  readonly isShadow?: true | undefined;
}

/** A server that speaks a dialect, to be asked what its endpoints offer. */
export interface Upstream {
  readonly dialect: Dialect;
  readonly settings: UpstreamSettings;
  /** Resolves with the head of a success. Throws in our own words what a refusal says, and as connections fail. */
  ask<N extends OperationName>(endpoint: Endpoint<N>, input: InputOf<N>, asking: Asking): Promise<OriginAnswer>;
  /** The answer as one document. Throws `upstream-protocol` if it is none of the endpoint's. */
  read<N extends OperationName>(endpoint: Endpoint<N>, answer: OriginAnswer, exchange: Exchange): Promise<OutputOf<N>>;
  connect(endpoint: SocketEndpoint, input: InputOf<'follow-conversation'>, asking: Asking): Promise<ClientSocket>;
  close(): Promise<void>;
}

/** Throws `upstream-rejected` for an address that may not be reached. */
export function openUpstream(settings: UpstreamSettings, addresses: AddressGuard): Upstream {
  const dialect = dialectOf(settings);
  const place = { baseUrl: settings.baseUrl, connectMs: settings.timeouts.connectMs ?? 0, addresses };
  const origin = createOrigin(place);
  const access = createAccess(dialect.credential, settings);
  const socketPlace = { ...place, refusal: decodeHandshake };
  return {
    dialect,
    settings,
    async ask(endpoint, input, { exchange, signal, trace, isShadow }) {
      const wire = marked(access(endpoint.request.encode(input, exchange)), { trace, isShadow });
      const answer = await origin.send(
        { method: endpoint.method, path: writePath(endpoint.paths[0] ?? '/', wire), ...writeBody(wire) },
        signal,
      );
      if (answer.status < 300) return answer;
      throw await readRefusal(dialect, answer, exchange);
    },
    async read({ schema: { response: own = '', heard: file = own }, response }, answer, exchange) {
      const body = checkDocument(await answer.document(), schemaGuard(file, { open: true }), 'The answer');
      // Only endpoints whose answer is a document are read as one.
      if (response === undefined) throw new Error(`No codec reads ${file}`);
      return response.decode({ status: answer.status, headers: answer.headers, body }, exchange);
    },
    connect({ request, paths }, input, { exchange, signal, trace, isShadow }) {
      const wire = marked(access(request.encode(input, exchange)), { trace, isShadow });
      const path = writePath(paths[0] ?? '/', wire);
      return openSocket(socketPlace, { path, headers: writeHeaders(wire.headers) }, signal);
    },
    close: origin.close,
  };
}

function dialectOf({ dialect: wanted }: UpstreamSettings): Dialect {
  const found = dialects.find(({ name }) => name === wanted);
  if (found === undefined) throw new Error(`No dialect is called ${wanted}`);
  return found;
}

/** With what it is part of, where it is part of anything, and with whether anybody hears the answer. */
function marked(wire: WireRequest, { trace, isShadow }: Pick<Asking, 'trace' | 'isShadow'>): WireRequest {
  if (trace === undefined && isShadow === undefined) return wire;
  const marks = defined({ traceparent: trace?.header, 'x-dragoman-shadow': isShadow && '1' });
  return { ...wire, headers: { ...wire.headers, ...marks } };
}

function writeBody({ headers, body }: WireRequest) {
  if (body === undefined) return { headers: writeHeaders(headers) };
  return { headers: writeHeaders({ 'content-type': 'application/json', ...headers }), body: JSON.stringify(body) };
}

const decodeHandshake = (answer: { readonly status: number; readonly headers: Readonly<Record<string, string>> }) =>
  decodeUpstreamStatus({ ...answer, body: undefined });

/** An endpoint of an operation, if the dialect has one; of several, the first. */
export function endpointOf<N extends OperationName>({ endpoints }: Dialect, operation: N): Endpoint<N> | undefined {
  return endpointsOf({ endpoints }, operation)[0];
}

export function endpointsOf<N extends OperationName>(
  { endpoints }: Pick<Dialect, 'endpoints'>,
  operation: N,
): readonly Endpoint<N>[] {
  const found: readonly object[] = endpoints.filter((endpoint) => endpoint.operation === operation);
  return found as readonly Endpoint<N>[]; // the operation tells the members of the union apart
}

/** What of a batch could be decoded, and what stopped it. */
export interface Decoded<Event> {
  readonly events: readonly Event[];
  readonly failure?: GatewayError;
}

/** Decodes a batch. What came before a failure is not lost with it. */
export function decodeEach<Message, Event>(
  batch: readonly Message[],
  decode: (message: Message) => Iterable<Event>,
): Decoded<Event> {
  const events: Event[] = [];
  try {
    for (const message of batch) for (const event of decode(message)) events.push(event);
  } catch (thrown) {
    return { events, failure: toGatewayError(thrown) };
  }
  return { events };
}

/** What an answer that is no success says, in our words. One about a conversation that is gone has it as its subject. */
async function readRefusal(dialect: Dialect, answer: OriginAnswer, exchange: Exchange): Promise<GatewayError> {
  const body = await answer.document().catch(() => undefined); // a page for people, say: the status tells enough
  const response = { status: answer.status, headers: answer.headers, body };
  const isOurs = schemaGuard(dialect.errors.schema, { open: true }).accepts(body);
  const error = isOurs ? dialect.errors.decode(response, exchange) : decodeUpstreamStatus(response);
  const { conversationId: id } = exchange;
  const isGone = answer.status === 404 && id !== undefined;
  return new GatewayError(error.code, error.message, {
    ...(isGone ? { subject: { kind: 'conversation', id } } : error.details),
    upstreamStatus: answer.status,
  });
}

/** Whether a refusal is about a conversation that the upstream does not have, or has no longer. */
export function isGone(thrown: unknown): boolean {
  return (
    thrown instanceof GatewayError &&
    thrown.code === 'upstream-rejected' &&
    thrown.details.subject?.kind === 'conversation'
  );
}
