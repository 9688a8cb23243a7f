import type {
  Demand,
  EventOf,
  FeedEntry,
  InputOf,
  Item,
  OperationName,
  OutputOf,
  Timestamp,
  Turn,
} from '../canonical/index.ts';
import type { GatewayError, Violation } from '../errors/index.ts';
import type { SseMessage } from '../sse/index.ts';

/** One of the registry's, or our own `admin`: adding a dialect names it nowhere else. */
export type DialectName = string;

/** Two pure functions, one per direction: inward `decode`, outward `encode`. Neither reads a clock, a socket or a store. */
export interface Codec<Wire, Value> {
  decode(wire: Wire, exchange: Exchange): Value;
  encode(value: Value, exchange: Exchange): Wire;
}

/** Facts that the gateway knows and a wire may omit. Plain data, so that codecs stay pure. */
export interface Exchange {
  /** UUID v4 of the reply to this call. */
  readonly replyId: string;
  /** The conversation as this dialect shows it. */
  readonly conversationId?: string;
  readonly receivedAt: Timestamp;
  /** The turn that is answered, where the answer repeats what was asked, or is as it was asked for. */
  readonly turn?: Partial<
    Pick<Turn, 'agent' | 'extra' | 'conversationId' | 'continuation' | 'parameters' | 'tools' | 'participant'>
  >;
  /** What the turn hints at and who answers cannot use. */
  readonly ignored?: readonly Demand[];
}

/** Header names are lower case, as Node gives them. */
export type WireHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A request without its framing. A schema under `schemas/` describes it whole: `params`, `query`, `headers` and `body`. */
export interface WireRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: WireHeaders;
  readonly body: unknown;
}

/** A response without its framing; its schema describes `body`. */
export interface WireResponse<Body = unknown> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
}

/** Writes the messages of one stream, step by step. */
export interface Encoder<Event> {
  (event: Event): Iterable<SseMessage>;
  /** The in-stream error, where it depends on what was written before it. */
  failure?(error: GatewayError): Iterable<SseMessage>;
}

/** A factory call makes the state of one stream; the step functions are synchronous. */
export interface EventCodec<Event> {
  /** Headers of the streamed response, and what they say. */
  readonly opening?: Codec<WireHeaders, Pick<Exchange, 'conversationId'>>;
  /** The pause (milliseconds) after which a client opens a stream again where it ended; absent where none goes on. */
  readonly resumesAfterMs?: number;
  /** Steps that throw `upstream-protocol` on a frame that cannot be read, and `upstream-failed` on an in-stream error. */
  decoder(exchange: Exchange): (message: SseMessage) => Iterable<Event>;
  encoder(exchange: Exchange): Encoder<Event>;
  /** The in-stream error of this dialect, then its terminator if it has one. */
  failure(error: GatewayError, exchange: Exchange): Iterable<SseMessage>;
  /** The mark that ends a stream, where one whose connection ends without it is read as if it had come. */
  readonly closing?: SseMessage;
}

/** A field of the input by its name, of the output as `output.…`, of an item in the output as `item.…`. */
export type FieldOf<N extends OperationName> =
  | (keyof InputOf<N> & string)
  | `output.${keyof OutputOf<N> & string}`
  | `item.${keyof Item}`;

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One operation as this dialect's HTTP says it. */
export interface Endpoint<N extends OperationName> {
  readonly operation: N;
  readonly method: HttpMethod;
  /** Path templates, `/v1/chats/:chatId`; the first is the one spoken south. */
  readonly paths: readonly string[];
  /** Files under `schemas/`. `event` describes the JSON of one stream message, `heard` what is taken for an answer of others, where that is more. */
  readonly schema: {
    readonly request: string;
    readonly response?: string;
    readonly event?: string;
    readonly heard?: string;
  };
  /** Whether a server of this dialect may do without it. */
  readonly optional?: true;
  /** The status of success; 200 unless it says otherwise. */
  readonly status?: number;
  /** How the request's body comes; JSON unless it says otherwise. */
  readonly bodyForm?: 'json' | 'multipart';
  /** What this wire can express; the rest is the loss report. */
  readonly carries: readonly FieldOf<N>[];
  /** Whether it has something to say of an input, where an operation has several endpoints; always, if it does not say. */
  readonly says?: (input: InputOf<N>) => boolean;
  readonly request: Codec<WireRequest, InputOf<N>>;
  /** The answer as one document. */
  readonly response?: Codec<WireResponse, OutputOf<N>>;
  /** The answer as a stream. */
  readonly events?: EventCodec<EventOf<N>>;
}

export type AnyEndpoint = { [N in OperationName]: Endpoint<N> }[OperationName];

/** A conversation over a WebSocket: its feed goes out, the visitor's turns come in. */
export interface SocketEndpoint {
  readonly operation: 'follow-conversation';
  readonly paths: readonly string[];
  readonly schema: { readonly request: string; readonly inbound: string; readonly event: string };
  /** What a turn and its reply can say over it. */
  readonly carries: readonly FieldOf<'send-message'>[];
  readonly request: Codec<WireRequest, InputOf<'follow-conversation'>>;
  /** A frame from the client; `undefined` for one that asks nothing. Throws `invalid-request` or `malformed-request`. */
  readonly inbound: Codec<string, Turn | undefined>;
  readonly events: EventCodec<FeedEntry>;
  /** The close code after an error that ends the connection; `undefined` where the socket stays open. */
  closeCode(error: GatewayError): number | undefined;
}

/**
 * Where a site's visitor proves to be one of its users: by an id and its hash, or by a token. A body holds them under these names, the
 * documented ones first; a request without one has them in headers, the token as `Authorization: Bearer`.
 */
export interface IdentityPlaces {
  readonly userFields: readonly string[];
  readonly hashFields: readonly string[];
  readonly tokenFields: readonly string[];
  /** Header names, lower case. */
  readonly userHeader: string;
  readonly hashHeader: string;
}

/** Where the caller's credential stands. */
export type CredentialPlaces =
  | {
      readonly kind: 'key' | 'admin-token';
      /** Header names, lower case, the documented one first; `authorization` is read as `Bearer <key>`. */
      readonly headers: readonly string[];
      /** A query parameter that may hold it on a WebSocket, where a browser cannot set headers. */
      readonly socketQuery?: string;
    }
  | {
      readonly kind: 'site';
      /** Names of the fields, in the query or in the body, the documented one first. */
      readonly siteFields: readonly string[];
      readonly sessionFields: readonly string[];
      readonly identity: IdentityPlaces;
    };

/** What a caller has left of its rate limit. */
export interface Quota {
  readonly limit: number;
  readonly remaining: number;
  /** Seconds since the epoch. */
  readonly resetsAt: number;
  /** From now until then. */
  readonly secondsLeft: number;
}

export interface Dialect {
  readonly name: DialectName;
  /** The vendor's product and page, for people. */
  readonly title: string;
  /** Paths below these that no endpoint has are answered 404 in this dialect. */
  readonly prefixes: readonly string[];
  readonly credential: CredentialPlaces;
  readonly conversationIds: 'uuid' | 'prefixed' | 'integer' | 'text';
  /** What an id that the tenant does not have does: begin a conversation under that id, or 404. */
  readonly unknownConversations: 'begin' | 'refuse';
  readonly endpoints: readonly AnyEndpoint[];
  readonly sockets?: readonly SocketEndpoint[];
  /** Whether who speaks it is a language model's server, which fetches the images that it is told. */
  readonly fetchesImages?: true;
  /** Where in a request for a reply an image of the turn stands, where a turn is refused whose images cannot be passed on. */
  readonly placeOfImage?: (request: WireRequest, image: number) => Violation['path'];
  /** Where in such a request it stands what is asked of the model. */
  readonly placeOfDemand?: (request: WireRequest, demand: Demand) => Violation['path'];
  readonly errors: Codec<WireResponse, GatewayError> & { readonly schema: string };
  /** Response headers that tell the caller its quota, on every response. */
  quotaHeaders?(quota: Quota): Readonly<Record<string, string>>;
}

/** An endpoint whose codecs see the wire types that its schemas promise. */
interface TypedEndpoint<N extends OperationName, Request extends WireRequest, Body>
  extends Omit<Endpoint<N>, 'request' | 'response'> {
  readonly request: Codec<Request, InputOf<N>>;
  readonly response?: Codec<WireResponse<Body>, OutputOf<N>>;
}

/**
 * Writes down an endpoint with the wire types of its schemas:
 * `defineEndpoint<'send-message', ChatRequest, ChatResponse>({ … })`.
 */
export function defineEndpoint<N extends OperationName, Request extends WireRequest, Body = never>(
  endpoint: TypedEndpoint<N, Request, Body>,
): Endpoint<N> {
  // Whoever calls a codec has put the wire value through the schema that `Request` and `Body` mirror.
  return endpoint;
}

/** A field of a turn, of its reply (`output.…`), or of an item in the reply (`item.…`). */
export type CarriedField = FieldOf<'send-message'>;

/** What of a turn and its reply a dialect can say, over HTTP or over a socket. */
export function carriesOf({
  endpoints,
  sockets = [],
}: Pick<Dialect, 'endpoints' | 'sockets'>): ReadonlySet<CarriedField> {
  const lists = endpoints.flatMap((endpoint) => (endpoint.operation === 'send-message' ? [endpoint.carries] : []));
  return new Set([...lists, ...sockets.map(({ carries }) => carries)].flat());
}
