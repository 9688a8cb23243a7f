import {
  type ClientMessage,
  type Conversation,
  defined,
  type Message,
  type Participant,
  type ReplyReference,
  type Told,
  type Turn,
} from '../canonical/index.ts';
import { GatewayError, type Violation } from '../errors/index.ts';
import type { Caller } from './caller.ts';
import { conversationOfTurn, type SentTurn } from './find-conversation.ts';
import { createLookback, type Lookback, maxToldCharacters, toldCharacters } from './lookback.ts';
import { findByPublicId } from './public-ids.ts';
import type { Services } from './services.ts';

/** So many replies that a turn refers to are looked up. Our choice. */
const maxReferences = 256;

/**
 * A turn with all that it goes on from: what was said up to the reply that it follows, as a history that the client tells. Where that is
 * no more than the conversation itself, the turn is left as it is. Throws `not-found` for a reply or an item that is not there (a
 * stranger's is not), and `invalid-request` for results of tools that were not called. To be asked before anything is stored.
 */
export async function continued(services: Services, turn: Turn, caller: Caller): Promise<SentTurn> {
  const { continuation, ...rest } = turn;
  if (continuation === undefined) return turn;
  const sent: SentTurn = { ...rest, asked: turn, ...(continuation.keeps && { told: toldIn(turn, caller) }) };
  const past = createLookback(services.store);
  const line = await lineOf(services, { turn, past }, caller);
  const find = createFinder(services, { participant: turn.participant, past }, caller);
  const [history, afterwards] = [await resolved(rest.history, find), await resolved(rest.afterwards, find)];
  const own = defined({ history, afterwards });
  if (isPlain(line, turn)) return { ...sent, ...own };
  const before = line.messages.flatMap(toldBy);
  if (continuation.follows !== undefined) refuseUnpaired(before, [...(history ?? []), ...(afterwards ?? [])]);
  const told: readonly ClientMessage[] = [
    ...(continuation.instructions === undefined ? [] : [{ role: 'system' as const, text: continuation.instructions }]),
    ...before,
    ...(history ?? []),
  ];
  return { ...sent, ...asking({ ...sent, ...own }, told) };
}

/** What is kept of a turn that may be followed: what the client has said, and not what that goes on from. */
const toldIn = ({ history, afterwards, continuation }: Turn, { replyId }: Caller): Told =>
  defined({ replyId, follows: continuation?.follows, history, afterwards });

interface Line {
  /** What leads to the reply that is followed, oldest first, that reply last. */
  readonly messages: readonly Message[];
  /** Whether it is the conversation as it stands. */
  readonly isWhole: boolean;
}

interface GoingOn {
  readonly turn: Turn;
  readonly past: Lookback;
}

async function lineOf(services: Services, { turn, past }: GoingOn, caller: Caller): Promise<Line> {
  const { conversationId, continuation: { follows } = {} } = turn;
  if (conversationId === undefined) return { messages: [], isWhole: true };
  const { conversation } = await foundBy(services, turn, caller);
  const latest = conversation === undefined ? [] : await past.messages(conversation.id);
  if (follows === undefined) return { messages: bounded(latest), isWhole: true };
  const line = leadingTo(latest, follows);
  if (line.length === 0) throw noReply(follows);
  return { messages: bounded(line), isWhole: line.length === latest.length };
}

const noReply = (id: string): GatewayError =>
  new GatewayError('not-found', 'The reply that is followed is not there', { subject: { kind: 'reply', id } });

/** Who follows a reply in a conversation that is not there, follows one that is not there. */
async function foundBy(
  services: Services,
  turn: Turn,
  caller: Caller,
): Promise<{ readonly conversation?: Conversation }> {
  const { follows } = turn.continuation ?? {};
  try {
    return await conversationOfTurn(services, turn, caller);
  } catch (thrown) {
    const isMissing = thrown instanceof GatewayError && thrown.code === 'not-found';
    throw isMissing && follows !== undefined ? noReply(follows) : thrown;
  }
}

/** What was said up to a reply: its question, the reply which that followed, and so on. Empty where the reply is not there. */
function leadingTo(messages: readonly Message[], replyId: string): readonly Message[] {
  const line: (readonly Message[])[] = [];
  for (let at = placeOfReply(messages, replyId); at >= 0; ) {
    const question = Math.max(0, questionOf(messages, at));
    const before = messages.slice(0, question);
    const follows = messages[question]?.told?.follows;
    line.push(messages.slice(at, at + 1), messages.slice(question, Math.min(question + 1, at)));
    at = follows === undefined ? -1 : placeOfReply(before, follows);
    // Who follows nothing has the conversation before it; operators speak to whoever goes on.
    line.push(follows === undefined ? before : before.slice(at + 1).filter(({ role }) => role === 'operator'));
  }
  return line.toReversed().flat();
}

const placeOfReply = (messages: readonly Message[], replyId: string): number =>
  messages.findLastIndex(({ id, role }) => id === replyId && role === 'assistant');

/** The message that a reply was begun for; the one before it, where the reply was given at another attempt. */
function questionOf(messages: readonly Message[], at: number): number {
  const replyId = messages[at]?.id;
  const named = messages.findLastIndex(({ told }) => told?.replyId === replyId);
  return named === -1 ? messages.findLastIndex(({ role }, place) => place < at && role === 'visitor') : named;
}

/** The newest of it, as much as clients may have told. */
function bounded(line: readonly Message[]): readonly Message[] {
  let room = maxToldCharacters;
  const start = line.findLastIndex((message) => {
    room -= toldCharacters([message]);
    return room < 0;
  });
  return line.slice(start + 1);
}

/** Whether the stored conversation says all of it, and the turn nothing but its text. */
function isPlain({ messages, isWhole }: Line, { text, history, afterwards, attachments, continuation }: Turn): boolean {
  if (messages.length === 0) return continuation?.instructions === undefined && (text !== '' || attachments.length > 0);
  const isAlone = history === undefined && afterwards === undefined && continuation?.instructions === undefined;
  return isWhole && isAlone && messages.every(({ calls, told }) => !calls && !told?.history && !told?.afterwards);
}

/** What a stored message has said, and what the client has told with it. */
function toldBy({ role, text, attachments, calls, status, told }: Message): readonly ClientMessage[] {
  if (role === 'visitor') {
    const isSaid = text !== '' || attachments.length > 0;
    const said: ClientMessage = { role, text, ...(attachments.length > 0 && { attachments }) };
    return [...(told?.history ?? []), ...(isSaid ? [said] : []), ...(told?.afterwards ?? [])];
  }
  if (role === 'system' || status === 'failed' || (text === '' && calls === undefined)) return [];
  return [defined({ role: 'assistant' as const, text, calls })];
}

/** A turn that brings results alone asks again what was asked before them. */
function asking(
  turn: Turn,
  told: readonly ClientMessage[],
): Pick<Turn, 'text' | 'attachments' | 'history' | 'afterwards'> {
  const { text, attachments, afterwards } = turn;
  if (text !== '' || attachments.length > 0) return defined({ text, attachments, history: told, afterwards });
  const at = told.findLastIndex(({ role }) => role === 'visitor');
  const question = told[at];
  if (question?.role !== 'visitor') throw refused({ rule: 'minLength', params: { limit: 1 }, value: text });
  return {
    text: question.text,
    attachments: question.attachments ?? [],
    history: [...told.slice(0, at), ...told.slice(at + 1).filter(({ role }) => role === 'system')],
    afterwards: [...told.slice(at + 1).filter(({ role }) => role !== 'system'), ...(afterwards ?? [])],
  };
}

/** Results belong to calls, and the calls that are followed have theirs. */
function refuseUnpaired(past: readonly ClientMessage[], own: readonly ClientMessage[]): void {
  const last = past.at(-1);
  const called = callIdsIn([...past, ...own]);
  const results = new Set(own.flatMap((message) => (message.role === 'tool' ? [message.callId] : [])));
  for (const callId of results) if (!called.has(callId)) throw refused({ rule: 'unknown-call', params: { callId } });
  const open = last === undefined ? [] : [...callIdsIn([last])];
  for (const callId of open) if (!results.has(callId)) throw refused({ rule: 'no-result', params: { callId } });
}

const callIdsIn = (messages: readonly ClientMessage[]): ReadonlySet<string> =>
  new Set(
    messages.flatMap((message) => (message.role === 'assistant' ? (message.calls ?? []).map(({ id }) => id) : [])),
  );

function refused(violation: Pick<Violation, 'rule' | 'params'> & { readonly value?: unknown }): GatewayError {
  const message = 'says nothing that could be answered';
  const violations = [{ path: ['body', 'input'], message, value: undefined, ...violation }];
  return new GatewayError('invalid-request', 'The input cannot be answered', { violations });
}

/** Messages with what they refer to. Throws `not-found` for what is not there. */
async function resolved(
  messages: readonly ClientMessage[] | undefined,
  find: (reference: ReplyReference) => Promise<Message>,
): Promise<readonly ClientMessage[] | undefined> {
  if (messages === undefined) return undefined;
  const told: ClientMessage[] = [];
  for (const message of messages) {
    if (message.role !== 'assistant' || message.references === undefined) told.push(message);
    else {
      const found: Message[] = [];
      for (const reference of message.references) found.push(await find(reference));
      told.push(withReferences(message, found));
    }
  }
  return told;
}

type Assistant = Extract<ClientMessage, { role: 'assistant' }>;

function withReferences({ text, calls = [], references = [] }: Assistant, found: readonly Message[]): ClientMessage {
  const texts = references.flatMap(({ call }, at) => (call === undefined ? [found[at]?.text ?? ''] : []));
  const called = references.flatMap(({ call }, at) => (call === undefined ? [] : (found[at]?.calls?.[call] ?? [])));
  const all = [...calls, ...called];
  return defined({
    role: 'assistant' as const,
    text: [text, ...texts].filter((one) => one !== '').join('\n'),
    calls: all.length === 0 ? undefined : all,
  });
}

interface Looking {
  readonly participant: Participant;
  readonly past: Lookback;
}

/** Finds replies that are referred to. */
function createFinder({ store }: Services, { participant, past }: Looking, caller: Caller) {
  const conversations = new Map<string, Promise<{ readonly conversation?: Conversation }>>();
  let left = maxReferences;
  const conversationBy = (id: string) => {
    const finding = conversations.get(id) ?? findByPublicId(store, id, caller, participant);
    conversations.set(id, finding);
    return finding;
  };
  return async ({ conversationId, replyId, call, id }: ReplyReference): Promise<Message> => {
    left -= 1;
    const { conversation } = left < 0 ? {} : await conversationBy(conversationId);
    const messages = conversation === undefined ? [] : await past.messages(conversation.id);
    const found = messages.find((message) => message.id === replyId && message.role === 'assistant');
    if (found !== undefined && (call === undefined || found.calls?.[call] !== undefined)) return found;
    throw new GatewayError('not-found', 'Item not found', { subject: { kind: 'item', id } });
  };
}
