import type { Awaitable } from '../async/awaitable.ts';
import {
  type ChatEvent,
  type FeedEntry,
  foldReply,
  type InputOf,
  type OperationName,
  type Reply,
} from '../canonical/index.ts';
import { type CallerOf, handlers } from '../conversations/handlers.ts';
import type { AnswerOf, DocumentAnswer, FeedAnswer, StreamAnswer } from '../conversations/services.ts';
import type {
  AnyEndpoint,
  Codec,
  Dialect,
  Endpoint,
  EventCodec,
  WireRequest,
  WireResponse,
} from '../dialects/dialect.ts';
import { GatewayError } from '../errors/index.ts';
import { type Admitted, acquireStream } from './admit.ts';
import type { Gateway } from './gateway.ts';
import type { HttpCall } from './http-call.ts';
import { shuttingDown } from './lifetime.ts';
import { lookAgain } from './look-again.ts';
import { writeDocument } from './render-error.ts';
import { sendEvents } from './send-events.ts';
import { grownOld } from './subscriptions.ts';
import { type Leaving, untilIdle } from './until-idle.ts';

/** Answers a call that was admitted and found valid. */
export type Answerer = (
  gateway: Gateway,
  http: HttpCall,
  call: { readonly wire: WireRequest; readonly caller: Admitted },
) => Promise<void>;

/** Joins an endpoint with its handler, and its answer with the way it is written. */
export function answererOf(endpoint: AnyEndpoint): Answerer {
  switch (endpoint.operation) {
    case 'send-message':
      return joinTables(endpoint, (answered, ask) => {
        const { http, input } = answered;
        http.exchange.turn = input;
        const whole = (stream: AsyncIterable<readonly ChatEvent[]>) => foldReply(stream, http.call.receivedAt);
        // One that is repeated has the id that it had before.
        const whenWhole = ({ id }: Reply) => void (http.exchange.replyId = id);
        return writeEvents(answered, { whole, whenWhole }, ask);
      });
    case 'follow-conversation':
      return joinTables(endpoint, async (answered, ask) => {
        let watched: { end(): void } | undefined;
        try {
          await writeEvents(answered, { whole: gather }, async () => {
            const { stream, ...place } = await ask();
            const { leaving, ...watching } = subscribe(answered, place);
            watched = watching;
            return { stream: untilIdle(stream, leaving), ...place };
          });
        } finally {
          watched?.end();
        }
      });
    default:
      return joinTables(endpoint as Endpoint<DocumentOperation>, writeAnswer); // the union's members one by one, taken as one
  }
}

type DocumentOperation = Exclude<OperationName, 'send-message' | 'follow-conversation'>;

interface Answered<N extends OperationName> {
  readonly gateway: Gateway;
  readonly http: HttpCall;
  readonly endpoint: Endpoint<N>;
  readonly input: InputOf<N>;
  readonly caller: Admitted;
}

function joinTables<N extends OperationName>(
  endpoint: Endpoint<N>,
  write: (answered: Answered<N>, ask: () => Awaitable<AnswerOf<N>>) => Promise<void>,
): Answerer {
  return (gateway, http, { wire, caller }) => {
    const input = endpoint.request.decode(wire, http.exchange);
    // The credential's kind, which `admit` went by, is the same for all operations of a dialect: tenants' or operators'.
    const asking = knowingPlaces(http.dialect, wire, caller.caller) as CallerOf<N>;
    const ask = () => handlers[endpoint.operation](gateway.services, input, asking);
    return write({ gateway, http, endpoint, input, caller }, ask);
  };
}

/** A caller who is told where in the request what is refused stands, where the dialect tells it. */
function knowingPlaces(
  { placeOfImage, placeOfDemand }: Dialect,
  wire: WireRequest,
  caller: Admitted['caller'],
): Admitted['caller'] {
  if (placeOfImage === undefined || placeOfDemand === undefined || !('tenant' in caller)) return caller;
  return {
    placeOfImage: (image) => placeOfImage(wire, image),
    placeOfDemand: (demand) => placeOfDemand(wire, demand),
    ...caller,
  };
}

/** Has a stream end with the gateway, at its greatest age, or when its caller may not hear any more. */
function subscribe(
  { gateway, http, caller }: Answered<'follow-conversation'>,
  { agentId, caughtUp }: Pick<FeedAnswer, 'agentId' | 'caughtUp'>,
) {
  const { closing } = gateway.lifetime;
  const retiring = new AbortController();
  let refused: GatewayError | undefined;
  const { end } = gateway.subscriptions.watch({
    ...lookAgain(gateway, http, { admitted: caller, agentId }),
    refuse(reason) {
      refused = reason;
      http.abort(reason);
    },
    ageing: { retire: () => retiring.abort(), leave: () => http.abort(grownOld()) },
    drop: () => http.response.destroy(),
  });
  const leaving: Leaving = {
    signals: [closing, retiring.signal],
    caughtUp,
    leave: () => http.abort(closing.aborted ? shuttingDown() : grownOld()),
    refusal: () => refused,
  };
  return { leaving, end };
}

async function writeAnswer<N extends DocumentOperation>(
  { http, endpoint }: Answered<N>,
  ask: () => Awaitable<AnswerOf<N>>,
): Promise<void> {
  if (endpoint.response === undefined) throw new GatewayError('unsupported-operation', 'There is no such document');
  const { conversationId, value } = (await ask()) as DocumentAnswer<N>; // by what `DocumentOperation` leaves out
  if (conversationId !== undefined) http.exchange.conversationId = conversationId;
  writeDocument(http, endpoint.response.encode(value, http.exchange));
}

interface Growing<Event, Output> {
  readonly gateway: Gateway;
  readonly http: HttpCall;
  readonly endpoint: {
    readonly operation: OperationName;
    readonly events?: EventCodec<Event>;
    readonly response?: Codec<WireResponse, Output>;
  };
  readonly input: { readonly delivery: 'whole' | 'stream' | 'recent' };
  readonly caller: Admitted;
}

/** A stream as one document. */
interface Gathering<Event, Output> {
  whole(stream: AsyncIterable<readonly Event[]>): Promise<Output>;
  whenWhole?(output: Output): void;
}

/** Streams an answer, if that is asked for and this dialect streams; otherwise gathers it. */
async function writeEvents<Event, Output>(
  { gateway, http, endpoint, input, caller }: Growing<Event, Output>,
  { whole, whenWhole }: Gathering<Event, Output>,
  ask: () => Awaitable<StreamAnswer<Event>>,
): Promise<void> {
  const codec = input.delivery === 'stream' ? endpoint.events : undefined;
  const place = codec && (await acquireStream(gateway, http, caller));
  try {
    const { conversationId, stream, backend = 'none', ignored } = await ask();
    http.exchange.conversationId = conversationId;
    if (ignored !== undefined) http.exchange.ignored = ignored;
    http.backend = backend;
    if (codec === undefined) {
      if (endpoint.response === undefined) throw new GatewayError('unsupported-operation', 'There is only a stream');
      const output = await whole(stream);
      whenWhole?.(output);
      writeDocument(http, endpoint.response.encode(output, http.exchange));
      return;
    }
    const failure = await sendEvents(http, {
      batches: stream,
      codec,
      times: gateway.times,
      // Who follows waits for what is yet to come; who asks, for an answer that may fail.
      holdStatus: endpoint.operation === 'send-message',
      whenFirst() {
        http.firstEventMs = performance.now() - http.startedAt;
        const seconds = http.firstEventMs / 1_000;
        gateway.metrics.firstEvent({ dialect: http.dialect.name, backend, seconds });
      },
    });
    if (failure !== undefined) http.error = failure;
  } finally {
    place?.release();
  }
}

async function gather(stream: AsyncIterable<readonly FeedEntry[]>): Promise<readonly FeedEntry[]> {
  const entries: FeedEntry[] = [];
  for await (const batch of stream) entries.push(...batch);
  return entries;
}
