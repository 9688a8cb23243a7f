import type { FeedEntry, OutputOf } from '../../canonical/index.ts';
import type { Endpoint, EventCodec } from '../../dialects/dialect.ts';
import { toGatewayError } from '../../errors/index.ts';
import type { OriginAnswer } from '../../network/index.ts';
import { type PreparedQuestion, prepare, type Strategy } from './question.ts';
import { beginWhenSaid, createReplyReader, type ReplyReader } from './reply-reader.ts';
import { decodeEach, type Upstream } from './upstream.ts';

interface Endpoints {
  readonly send: Endpoint<'send-message'>;
  readonly follow: Endpoint<'follow-conversation'>;
  readonly events: EventCodec<FeedEntry>;
}

type Outcome = { readonly reply: OutputOf<'send-message'> } | { readonly error: unknown };

/**
 * The answer to the request is the whole reply; how it grows is told to those who follow the conversation, this side among them
 * from before it asks. What the followers were not told is added from the answer; where the following ends early, the answer
 * tells all the rest.
 */
export function askAndFollow(upstream: Upstream, endpoints: Endpoints): Strategy {
  return async function* (question) {
    const stop = new AbortController();
    const abort = (): void => stop.abort(question.call.signal.reason);
    question.call.signal.addEventListener('abort', abort, { once: true });
    let feed: OriginAnswer | undefined;
    try {
      const prepared = { ...(await prepare(upstream, question)), signal: stop.signal };
      feed = await follow(upstream, endpoints, prepared);
      const asked = ask(upstream, endpoints, prepared);
      const reader = createReplyReader();
      const begin = beginWhenSaid(prepared.exchange.replyId);
      for await (const steps of readFeed(feed, { endpoints, prepared, reader, asked })) {
        const events = begin(steps);
        if (events.length > 0) yield events;
      }
      const whole = wholeOf(await asked.outcome, reader, question.call.signal);
      yield [...begin(reader.rest(whole), true), { type: 'reply-end', finishReason: 'stop' }];
    } finally {
      question.call.signal.removeEventListener('abort', abort);
      stop.abort();
      feed?.discard();
    }
  };
}

function follow(upstream: Upstream, { follow: endpoint }: Endpoints, prepared: PreparedQuestion) {
  const { conversationId = '' } = prepared.exchange;
  return upstream.ask(endpoint, { conversationId, delivery: 'stream' }, prepared);
}

interface Asked {
  /** Never rejects. */
  readonly outcome: Promise<Outcome>;
  isSettled(): boolean;
}

function ask(upstream: Upstream, { send }: Endpoints, prepared: PreparedQuestion): Asked {
  let settled = false;
  const read = async (): Promise<Outcome> => {
    try {
      const answer = await upstream.ask(send, { ...prepared.turn, delivery: 'whole' }, prepared);
      return { reply: await upstream.read(send, answer, prepared.exchange) };
    } catch (error) {
      return { error };
    } finally {
      settled = true;
    }
  };
  return { outcome: read(), isSettled: () => settled };
}

interface Following {
  readonly endpoints: Endpoints;
  readonly prepared: PreparedQuestion;
  readonly reader: ReplyReader;
  readonly asked: Asked;
}

/** What followers are told of the reply, until the answer is there. Throws `upstream-protocol` for what cannot be read. */
async function* readFeed(feed: OriginAnswer, { endpoints, prepared, reader, asked }: Following) {
  const decode = endpoints.events.decoder(prepared.exchange);
  void asked.outcome.then(feed.discard);
  try {
    for await (const batch of feed.messages()) {
      const { events: entries, failure } = decodeEach(batch, decode);
      yield entries.flatMap((entry) => reader.read(entry));
      if (failure !== undefined) throw failure;
    }
  } catch (thrown) {
    // A following that breaks off has told less, and the answer tells the rest; one that cannot be read may have told anything.
    if (!asked.isSettled() && toGatewayError(thrown).code === 'upstream-protocol') throw thrown;
  }
}

function wholeOf(outcome: Outcome, reader: ReplyReader, signal: AbortSignal) {
  if ('reply' in outcome) return outcome.reply;
  const end = reader.ended();
  if (end?.status === 'complete' && !signal.aborted) return end;
  throw outcome.error;
}
