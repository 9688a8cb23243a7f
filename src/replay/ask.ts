import { randomUUID } from 'node:crypto';
import type { Backend } from '../backends/backend.ts';
import { createUpstreamBackend } from '../backends/upstream/index.ts';
import {
  type Conversation,
  createReplyGuard,
  foldReply,
  type Message,
  type Reply,
  type Turn,
} from '../canonical/index.ts';
import type { Answered } from '../comparing/index.ts';
import type { UpstreamBackendSettings } from '../config/index.ts';
import { GatewayError, toGatewayError } from '../errors/index.ts';
import { createAddressGuard } from '../network/index.ts';

export interface Target {
  /** With the path that stands before every other. */
  readonly url: string;
  readonly dialect: string;
  readonly key?: string;
  readonly site?: string;
  /** Who is to answer, in place of whom the recorded turns name. */
  readonly agent?: string;
  readonly timeoutMs: number;
}

/** A dialogue with the target, which goes on there as the recorded one did. */
export interface Dialogue {
  /** What the target answers; a `code` of `unreachable` where nobody is there. */
  ask(turn: Turn): Promise<Answered>;
  /** What was said in the recording, for a target that is told the past. */
  note(turn: Turn, reply: Pick<Reply, 'text'> | undefined): void;
}

export interface Asker {
  begin(): Dialogue;
  close(): Promise<void>;
}

const name = 'target';

/** A target is told no more of the past than that. */
const mostSaid = 50;

export function createAsker(target: Target): Asker {
  const backends = new Map<string, Backend>();
  const backendFor = (agent: string | undefined): Backend => {
    const wanted = target.agent ?? agent ?? '';
    const found = backends.get(wanted) ?? openTarget(target, wanted);
    backends.set(wanted, found);
    return found;
  };
  return {
    begin: () => createDialogue(target, backendFor),
    async close() {
      for (const backend of backends.values()) await backend.close?.();
    },
  };
}

function openTarget({ url, dialect, key, site, timeoutMs }: Target, agent: string): Backend {
  const settings: UpstreamBackendSettings = {
    type: 'upstream',
    baseUrl: url.replace(/\/$/, ''),
    dialect,
    headers: {},
    streaming: true,
    sessions: 'own',
    images: { hosts: [] },
    ...(key !== undefined && { apiKey: key }),
    ...(site !== undefined && { site }),
    ...(agent !== '' && { agent }),
  };
  const timeouts = { connectMs: timeoutMs };
  return createUpstreamBackend({ name, settings: { ...settings, timeouts }, addresses: createAddressGuard() });
}

function createDialogue({ timeoutMs }: Target, backendFor: (agent: string | undefined) => Backend): Dialogue {
  let conversation = newConversation();
  const said: Message[] = [];
  const note = (role: Message['role'], text: string): void => {
    if (said.length === mostSaid) said.shift();
    said.push({ ...blankMessage(conversation.id), id: randomUUID(), sequence: said.length + 1, role, text });
  };
  return {
    note(turn, reply) {
      note('visitor', turn.text);
      if (reply !== undefined) note('assistant', reply.text);
    },
    async ask(turn) {
      const replyId = randomUUID();
      const receivedAt = new Date().toISOString();
      const context = {
        replyId,
        get conversation() {
          return conversation;
        },
        history: (length = 50) => Promise.resolve(said.slice(-length)),
        transcript: () => Promise.resolve([]),
        sent: () => undefined,
        upload: () => Promise.resolve(undefined),
        leftOut: () => undefined,
        remember(backend: string, remoteId: string) {
          conversation = { ...conversation, remoteIds: { ...conversation.remoteIds, [backend]: remoteId } };
          return Promise.resolve();
        },
      };
      const signal = AbortSignal.timeout(timeoutMs);
      try {
        const stream = backendFor(turn.agent).answer(turn, context, { requestId: replyId, receivedAt, signal });
        return { status: 200, code: 'ok', reply: await foldReply(guarded(stream), receivedAt) };
      } catch (thrown) {
        return readFailure(
          signal.aborted ? new GatewayError('upstream-timeout', 'No answer in time') : toGatewayError(thrown),
        );
      }
    },
  };
}

/** Throws `upstream-protocol` for a reply out of order, or without its end. */
async function* guarded(stream: ReturnType<Backend['answer']>): ReturnType<Backend['answer']> {
  const guard = createReplyGuard();
  for await (const batch of stream) {
    guard.check(batch);
    yield batch;
  }
  guard.end();
}

function readFailure({ code, details }: GatewayError): Answered {
  const { upstreamStatus } = details;
  if (code === 'upstream-unavailable' && upstreamStatus === undefined) return { status: 503, code: unreachable };
  return { status: upstreamStatus ?? 502, code };
}

/** The code of an answer that nobody gave. */
export const unreachable = 'unreachable';

function newConversation(): Conversation {
  const now = new Date().toISOString();
  const id = randomUUID();
  return {
    id,
    tenantId: id,
    agentId: id,
    participant: {},
    metadata: {},
    mode: 'ai',
    status: 'active',
    blocked: false,
    createdAt: now,
    updatedAt: now,
    messageCount: 0,
    publicIds: {},
    remoteIds: {},
    collectedSequence: 0,
  };
}

const blankMessage = (conversationId: string): Omit<Message, 'id' | 'sequence' | 'role' | 'text'> => ({
  conversationId,
  items: [],
  suggestions: [],
  attachments: [],
  createdAt: new Date().toISOString(),
  status: 'complete',
});
