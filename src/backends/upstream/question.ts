import { hash } from 'node:crypto';
import {
  type Attachment,
  type ChatStream,
  type ClientMessage,
  type Conversation,
  defined,
  type Participant,
  type Turn,
} from '../../canonical/index.ts';
import type { AnswerContext, Call } from '../backend.ts';
import { withImages } from '../images.ts';
import { transcriptOfStored } from '../transcript.ts';
import { type Asking, endpointOf, type Upstream } from './upstream.ts';

/** What is asked of an upstream, and what is known around it. */
export interface UpstreamQuestion {
  /** The backend's name, under which the upstream's id of the conversation is kept. */
  readonly name: string;
  readonly turn: Turn;
  readonly context: AnswerContext;
  readonly call: Call;
  /** The conversation as the upstream knows it, if it does. */
  readonly remoteId: string | undefined;
}

/** How a dialect is talked to. */
export type Strategy = (question: UpstreamQuestion) => ChatStream;

/** A question in the upstream's own terms. */
export interface PreparedQuestion extends Asking {
  readonly turn: Turn;
  /** Keeps the id that the upstream gave the conversation, if it is a new one. */
  remember(remoteId: string | undefined): Promise<void>;
}

/** Names the visitor, the agent and the conversation as the upstream does; begins the conversation there, where that is a call of its own. */
export async function prepare(upstream: Upstream, question: UpstreamQuestion): Promise<PreparedQuestion> {
  const { name, turn, context, call } = question;
  const { conversation, replyId } = context;
  const participant = participantOf(upstream, turn.participant, conversation);
  const { agent } = upstream.settings;
  const remoteId = question.remoteId ?? (await begin(upstream, question));
  const history = remoteId === undefined ? (turn.history ?? (await historyFor(upstream, context))) : turn.history;
  const told = upstream.dialect.fetchesImages
    ? await withoutStrangeImages(upstream, { ...turn, history }, context)
    : { history };
  return {
    turn: defined({ ...turn, ...told, participant, agent, conversationId: remoteId }),
    exchange: defined({ replyId, receivedAt: call.receivedAt, conversationId: remoteId }),
    signal: call.signal,
    trace: call.trace,
    isShadow: call.isShadow,
    async remember(told) {
      if (told && told !== remoteId && usesIds(upstream)) await context.remember(name, told);
    },
  };
}

/** Whether a turn can name its conversation. */
function usesIds({ dialect }: Upstream): boolean {
  return endpointOf(dialect, 'send-message')?.carries.includes('conversationId') ?? true;
}

async function begin(upstream: Upstream, { name, turn, context, call }: UpstreamQuestion): Promise<string | undefined> {
  const endpoint = endpointOf(upstream.dialect, 'create-conversation');
  if (endpoint === undefined) return undefined;
  const { conversation, replyId } = context;
  const { title, metadata } = conversation;
  const exchange = { replyId, receivedAt: call.receivedAt };
  const participant = participantOf(upstream, turn.participant, conversation);
  const input = defined({ participant, agent: upstream.settings.agent, title, metadata });
  const { signal, trace, isShadow } = call;
  const answer = await upstream.ask(endpoint, input, { exchange, signal, trace, isShadow });
  const { id } = await upstream.read(endpoint, answer, exchange);
  await context.remember(name, id);
  return id;
}

/** What was said so far, for an upstream that takes it and keeps no conversation of its own. */
async function historyFor({ dialect }: Upstream, context: AnswerContext): Promise<Turn['history']> {
  if (endpointOf(dialect, 'send-message')?.carries.includes('history') !== true) return undefined;
  return transcriptOfStored(await context.history())
    .map(({ role, text, images = [] }) => (role === 'visitor' ? visitorMessage(text, images) : { role, text }))
    .filter((message) => message.text !== '' || imagesOf(message).length > 0);
}

const visitorMessage = (text: string, images: readonly string[]): ClientMessage =>
  images.length === 0 ? { role: 'visitor', text } : { role: 'visitor', text, attachments: images.map(toAttachment) };

const imagesOf = (message: ClientMessage): readonly string[] =>
  message.role === 'visitor' ? (message.attachments ?? []).map(({ url }) => url) : [];

const toAttachment = (url: string): Attachment => ({ kind: 'image', url });

type Told = Pick<Turn, 'text' | 'attachments'> & { readonly history: Turn['history'] };

/** What a model's server may fetch of the images. */
async function withoutStrangeImages(
  { settings }: Upstream,
  { history, text, attachments }: Told,
  context: AnswerContext,
) {
  const said: readonly ClientMessage[] = [...(history ?? []), { role: 'visitor', text, attachments }];
  const shown = said.map((message) => ({ message, text: message.text, images: imagesOf(message) }));
  const told = await withImages(shown, settings.images, context);
  const past = told
    .slice(0, -1)
    .map(({ message, text: words, images }) => (message.role === 'visitor' ? visitorMessage(words, images) : message));
  return { history: history && past, attachments: (told.at(-1)?.images ?? []).map(toAttachment) };
}

/**
 * Whose words they are. Where an upstream tells visitors apart by their session or their user, one who has neither is known there
 * by our conversation. Sessions are what visitors make them: an upstream that keeps a conversation a session is told another one
 * for each tenant and site, so that nobody's words end up with somebody else's, unless its sessions are `shared`.
 */
export function participantOf(
  { dialect, settings }: Pick<Upstream, 'dialect' | 'settings'>,
  said: Participant,
  conversation: Conversation,
): Participant {
  const known = said.userId === undefined && said.sessionId === undefined ? conversation.participant : said;
  const keepsSessions = dialect.credential.kind === 'site';
  if (!keepsSessions && dialect.sockets === undefined) return known;
  const { sessionId } = known;
  if (sessionId === undefined) return { ...known, sessionId: conversation.id };
  return keepsSessions && settings.sessions === 'own'
    ? { ...known, sessionId: ownSession(sessionId, conversation) }
    : known;
}

/** Nobody's guess: 128 bits that the tenant, the site and the session decide, in every process and after every start. */
const ownSession = (session: string, { tenantId, site }: Conversation): string =>
  hash('sha256', JSON.stringify([tenantId, site, session]), 'hex').slice(0, 32);
