import { type ChatEvent, defined, type OutputOf, unfoldReply } from '../../canonical/index.ts';
import type { Endpoint } from '../../dialects/dialect.ts';
import { GatewayError } from '../../errors/index.ts';
import { type PreparedQuestion, prepare, type Strategy } from './question.ts';
import { decodeEach, type Upstream } from './upstream.ts';

type SendEndpoint = Endpoint<'send-message'>;

/** One request, whose answer is the reply: streamed where that is wanted and can be, whole otherwise. */
export function askOnce(upstream: Upstream, endpoint: SendEndpoint): Strategy {
  return async function* (question) {
    const prepared = await prepare(upstream, question);
    const isStreamed = wantsStream(upstream, endpoint, prepared);
    const turn = { ...prepared.turn, delivery: isStreamed ? ('stream' as const) : ('whole' as const) };
    const answer = await upstream.ask(endpoint, turn, prepared);
    const { events } = endpoint;
    if (events === undefined || (endpoint.response !== undefined && (await answer.kind()) === 'document')) {
      const reply = await upstream.read(endpoint, answer, prepared.exchange);
      await prepared.remember(reply.conversationId);
      const said = unfoldReply(asOurs(reply, prepared));
      if (upstream.dialect.fetchesImages && !said.some(saysSomething)) throw silence();
      yield said;
      return;
    }
    const opened = events.opening?.decode(answer.headers, prepared.exchange);
    const decode = events.decoder({ ...prepared.exchange, ...opened });
    const messages = answer.messages();
    let remembering: Promise<void> | undefined;
    let isWhole = false;
    let saysAny = !upstream.dialect.fetchesImages;
    try {
      for (let read = await messages.next(); !read.done; read = await messages.next()) {
        const { events: decoded, failure } = decodeEach(read.value, decode);
        const found = upToEnd(decoded);
        isWhole = found.at(-1)?.type === 'reply-end';
        saysAny ||= found.some(saysSomething);
        if (isWhole && !saysAny) throw silence();
        if (found[0]?.type === 'reply-start') remembering = remember(prepared, found[0].conversationId);
        if (isWhole) await remembering;
        yield found[0]?.type === 'reply-start' ? found.map(withoutId) : found; // none is a sign of life
        if (isWhole) return;
        if (failure !== undefined) throw failure;
      }
      // Some servers close without the mark that ends their streams.
      if (events.closing === undefined) return;
      const last = decodeEach([events.closing], decode);
      if (last.failure !== undefined) throw last.failure;
      if (!saysAny && !last.events.some(saysSomething)) throw silence();
      await remembering;
      yield last.events;
    } finally {
      if (isWhole) answer.release();
      else answer.discard();
    }
  };
}

function wantsStream({ settings }: Upstream, endpoint: SendEndpoint, { turn }: PreparedQuestion): boolean {
  if (endpoint.response === undefined) return true;
  return endpoint.events !== undefined && settings.streaming && turn.delivery === 'stream';
}

/** Whether an event is a word or an item, or says why there is none. */
function saysSomething(event: ChatEvent): boolean {
  if (event.type === 'text-delta') return event.text.trim() !== '';
  if (event.type !== 'reply-end') return event.type === 'items-found';
  return event.finishReason === 'content-filter' || event.calls !== undefined;
}

/** A language model's server that ends without a word has not answered. */
const silence = () => new GatewayError('upstream-failed', 'Upstream ended without a word');

const asOurs = (reply: OutputOf<'send-message'>, { exchange: { replyId } }: PreparedQuestion) =>
  defined({ ...reply, id: replyId, conversationId: undefined });

/** What follows the end takes nothing from the reply: neither nonsense nor more of the same. */
function upToEnd(events: readonly ChatEvent[]): readonly ChatEvent[] {
  const end = events.findIndex(({ type }) => type === 'reply-end');
  return end === -1 ? events : events.slice(0, end + 1);
}

/** The id by which the upstream knows the conversation is nobody else's affair. */
function withoutId(event: ChatEvent): ChatEvent {
  return event.type === 'reply-start' ? defined({ ...event, conversationId: undefined }) : event;
}

/** Stored while the reply goes on; that it failed is told with the reply's end. */
function remember({ remember: keep }: PreparedQuestion, remoteId: string | undefined): Promise<void> {
  const remembering = keep(remoteId);
  remembering.catch(() => undefined);
  return remembering;
}
