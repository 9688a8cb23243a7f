import type { ChatEvent, FeedEntry, OperationName } from '../../src/canonical/index.ts';
import type {
  Codec,
  Dialect,
  EventCodec,
  SocketEndpoint,
  WireRequest,
  WireResponse,
} from '../../src/dialects/dialect.ts';

/** An endpoint as the laws see it: what passes through its codecs is not their business. */
export interface Surface {
  readonly operation: OperationName;
  readonly paths: readonly string[];
  readonly schema: { readonly request: string; readonly response?: string; readonly event?: string };
  readonly carries: readonly string[];
  readonly request: Codec<WireRequest, unknown>;
  readonly response?: Codec<WireResponse, unknown>;
}

/** A stream of a dialect. */
export interface Stream<Event> {
  readonly base: string;
  readonly schema: string;
  readonly events: EventCodec<Event>;
}

/** The name of an endpoint's golden files: that of its request schema. */
export function baseOf({ schema }: { readonly schema: { readonly request: string } }): string {
  return schema.request.replace(/^.*\//, '').replace(/\.request\.json$/, '');
}

/** The endpoints of a dialect. Codec methods are bivariant, so that every endpoint is a surface. */
export function surfacesOf({ endpoints }: Dialect): readonly Surface[] {
  return endpoints;
}

/** The streams of a dialect that carry one reply. */
export function replyStreamsOf({ endpoints }: Dialect): readonly Stream<ChatEvent>[] {
  return endpoints.flatMap((endpoint) =>
    endpoint.operation === 'send-message' && endpoint.events !== undefined
      ? [{ base: baseOf(endpoint), schema: eventSchema(endpoint), events: endpoint.events }]
      : [],
  );
}

/** The streams of a dialect that carry what happens in a conversation, WebSockets among them. */
export function feedStreamsOf({ endpoints, sockets = [] }: Dialect): readonly Stream<FeedEntry>[] {
  const overHttp = endpoints.flatMap((endpoint) =>
    endpoint.operation === 'follow-conversation' && endpoint.events !== undefined
      ? [{ base: baseOf(endpoint), schema: eventSchema(endpoint), events: endpoint.events }]
      : [],
  );
  const overSockets = sockets.map((socket: SocketEndpoint) => ({
    base: baseOf(socket),
    schema: socket.schema.event,
    events: socket.events,
  }));
  return [...overHttp, ...overSockets];
}

function eventSchema({ schema }: { readonly schema: { readonly request: string; readonly event?: string } }): string {
  if (schema.event === undefined) throw new Error(`${schema.request} is of an endpoint whose stream has no schema`);
  return schema.event;
}
