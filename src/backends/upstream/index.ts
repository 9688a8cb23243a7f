import { randomUUID } from 'node:crypto';
import { type ChatStream, type Conversation, defined, type InputOf } from '../../canonical/index.ts';
import type { Dialect, FieldOf } from '../../dialects/dialect.ts';
import type { AddressGuard } from '../../network/index.ts';
import type { Backend, Forward, ForwardedOperation } from '../backend.ts';
import { forwardsBy } from '../capabilities.ts';
import { askAndFollow } from './ask-and-follow.ts';
import { askOnce } from './ask-once.ts';
import { participantOf, type Strategy, type UpstreamQuestion } from './question.ts';
import { streamUnlessBusy } from './stream-strategy.ts';
import { talk } from './talk.ts';
import { endpointOf, endpointsOf, isGone, openUpstream, type Upstream, type UpstreamSettings } from './upstream.ts';

export interface UpstreamBackendOptions {
  readonly name: string;
  readonly settings: UpstreamSettings;
  readonly addresses: AddressGuard;
}

/**
 * Answers by asking a server that speaks one of the dialects. Which of them makes no difference here: what its tables have decides
 * how it is talked to. Throws `upstream-rejected` for an address that may not be reached.
 */
export function createUpstreamBackend({ name, settings, addresses }: UpstreamBackendOptions): Backend {
  const upstream = openUpstream(settings, addresses);
  const { strategy: way, isFollowed } = conductOf(upstream);
  const isKeeper = keepsConversations(upstream.dialect);
  const answer: Backend['answer'] = (turn, context, call) => {
    const remoteId = context.conversation.remoteIds[name];
    const question = { name, turn, context, call, remoteId };
    return remoteId === undefined ? way(question) : askAgainIfGone(way, question);
  };
  return defined({
    name,
    answer,
    // Of two turns at once that find no conversation there, each would begin one.
    waits: ({ remoteIds }: Conversation) =>
      isFollowed || (isKeeper && remoteIds[name] === undefined) ? Number.POSITIVE_INFINITY : undefined,
    carries: carriesOf(upstream),
    forwards: forwardsOf(upstream),
    close: upstream.close,
  });
}

/** A conversation that the upstream has lost goes on there as a new one. */
async function* askAgainIfGone(way: Strategy, question: UpstreamQuestion): ChatStream {
  let isTold = false;
  try {
    for await (const batch of way(question)) {
      isTold = true;
      yield batch;
    }
  } catch (thrown) {
    if (isTold || !isGone(thrown)) throw thrown;
    yield* way({ ...question, remoteId: undefined });
  }
}

interface Conduct {
  readonly strategy: Strategy;
  /** Whether replies are read from what all followers of a conversation hear: with one turn at a time, the reply that begins is its own. */
  readonly isFollowed: boolean;
}

function conductOf(upstream: Upstream): Conduct {
  const { dialect, settings } = upstream;
  const send = endpointOf(dialect, 'send-message');
  if (send === undefined) {
    const [socket] = dialect.sockets ?? [];
    if (socket === undefined) throw new Error(`Nothing can be said in ${dialect.title}`);
    return { strategy: talk(upstream, socket), isFollowed: true };
  }
  const whole = askOnce(upstream, send);
  const follow = endpointOf(dialect, 'follow-conversation');
  if (follow?.events === undefined || send.events !== undefined || !settings.streaming) {
    return { strategy: whole, isFollowed: false };
  }
  const streamed = askAndFollow(upstream, { send, follow, events: follow.events });
  return { strategy: streamUnlessBusy({ streamed, whole }), isFollowed: true };
}

/** Whether an upstream keeps conversations of its own, under ids that a turn can name. */
function keepsConversations(dialect: Dialect): boolean {
  const carries = endpointOf(dialect, 'send-message')?.carries;
  return carries === undefined || (carries.includes('conversationId') && !carries.includes('history'));
}

/** What can be said of a turn and its reply, by whichever of the dialect's endpoints says it. */
function carriesOf({ dialect, settings }: Upstream): ReadonlySet<FieldOf<'send-message'>> {
  const say = endpointOf(dialect, 'send-message') ?? dialect.sockets?.[0];
  const begins = lists(endpointOf(dialect, 'create-conversation'), 'participant') ? (['participant'] as const) : [];
  const follows =
    settings.streaming && lists(endpointOf(dialect, 'follow-conversation'), 'delivery') ? (['delivery'] as const) : [];
  return new Set([...(say?.carries ?? []), ...begins, ...follows]);
}

function lists(endpoint: { readonly carries: readonly string[] } | undefined, field: string): boolean {
  return endpoint?.carries.includes(field) ?? false;
}

/** What the upstream's dialect has endpoints for. */
function forwardsOf(upstream: Upstream): Backend['forwards'] {
  return forwardsBy((operation) => forwardTo(upstream, operation));
}

function forwardTo<N extends ForwardedOperation>(upstream: Upstream, operation: N): Forward<N> | undefined {
  const endpoints = endpointsOf(upstream.dialect, operation);
  if (endpoints.length === 0) return undefined;
  return async (input, conversation, { receivedAt, signal, trace }) => {
    const participant = participantOf(upstream, input.participant, conversation);
    const told: InputOf<N> = { ...input, participant };
    const exchange = { replyId: randomUUID(), receivedAt };
    for (const endpoint of endpoints) {
      if (endpoint.says?.(told) === false) continue;
      const answer = await upstream.ask(endpoint, told, { exchange, signal, trace });
      await upstream.read(endpoint, answer, exchange);
    }
  };
}
