import { randomUUID } from 'node:crypto';
import type { InputOf, OperationName } from '../canonical/index.ts';
import type { AnyEndpoint, Dialect, Endpoint, Exchange, WireRequest } from '../dialects/dialect.ts';
import { type ProbeRequest, type Target, withCredential } from './probe.ts';

/** What a run knows: the dialogue that it has begun, and whom it may name. */
export interface Run {
  readonly dialect: Dialect;
  readonly target: Target;
  readonly participant: { readonly userId: string; readonly sessionId: string };
  conversationId?: string;
  agent?: string;
  /** Whether anything was answered. */
  hasAnswered?: boolean;
}

type Inputs = { readonly [N in OperationName]?: (run: Run) => InputOf<N> };

const page = { offset: 0, limit: 20, order: 'descending' } as const;
/** The smallest picture that is one. */
const dot = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

const ofConversation = ({ conversationId = '' }: Run) => ({ conversationId });
const ofParticipant = ({ participant }: Run) => ({ participant });

/** What is asked of each operation, in the canonical model: each dialect's codec writes it as its documents have it. */
const inputs: Inputs = {
  'create-conversation': ({ participant, agent = '' }) => ({ participant, agent, metadata: {} }),
  'send-message': ({ dialect, participant, agent, conversationId }) => ({
    text: 'Do you ship to Canada?',
    attachments: [],
    activity: [],
    delivery: 'whole',
    participant,
    ...(agent !== undefined && { agent }),
    ...(conversationId !== undefined && dialect.unknownConversations === 'refuse' && { conversationId }),
  }),
  'list-agents': () => ({}),
  'get-agent': ({ agent = '' }) => ({ agent }),
  'list-messages': (run) => ({ ...ofConversation(run), page }),
  'list-session-messages': (run) => ({ ...ofParticipant(run), page }),
  'get-conversation': ofConversation,
  'list-conversations': (run) => ({ ...ofParticipant(run), page }),
  'delete-conversation': ofConversation,
  'follow-conversation': (run) => ({ ...ofConversation(run), participant: run.participant, delivery: 'recent' }),
  'save-contact': (run) => ({
    ...ofParticipant(run),
    contact: { email: 'visitor@shop.example', phone: '+4915112345678', name: 'V' },
  }),
  'collect-operator-messages': ofParticipant,
  'get-block-status': ofParticipant,
  'collect-nudges': ofParticipant,
  'record-nudge-event': (run) => ({ ...ofParticipant(run), event: 'shown', rule: 'rule-1' }),
  'upload-image': (run) => ({ ...ofParticipant(run), image: { bytes: dot } }),
  'rate-conversation': (run) => ({ ...ofParticipant(run), score: 5, comment: 'Good' }),
};

export function factsOf({ conversationId, agent }: Run): Exchange {
  return {
    replyId: randomUUID(),
    receivedAt: new Date().toISOString(),
    ...(conversationId !== undefined && { conversationId }),
    ...(agent !== undefined && { turn: { agent } }),
  };
}

/** A request as the documents have it, with who asks. */
export function write(run: Run, endpoint: AnyEndpoint, more: object): ProbeRequest {
  const input = inputs[endpoint.operation]?.(run);
  // The table above has for each operation what it takes: its type says so, the union of endpoints forgets it.
  const wire = (endpoint as unknown as Endpoint<OperationName>).request.encode({ ...input, ...more }, factsOf(run));
  const asked = withCredential(run.dialect.credential, run.target, wire);
  return { ...asked, body: bodyOf(endpoint, asked), method: endpoint.method, template: endpoint.paths[0] ?? '/' };
}

function bodyOf({ bodyForm }: AnyEndpoint, { body }: WireRequest): unknown {
  if (bodyForm !== 'multipart') return body;
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...(body as object) })) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, new Blob([dot], { type: 'image/png' }), 'dot.png');
  }
  return form;
}
