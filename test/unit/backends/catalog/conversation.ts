import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { AnswerContext, Backend, Call } from '../../../../src/backends/backend.ts';
import { createCatalogBackend, readQuestions } from '../../../../src/backends/catalog/index.ts';
import {
  type ChatEvent,
  type Conversation,
  defined,
  foldReply,
  type Message,
  type Reply,
  type Turn,
} from '../../../../src/canonical/index.ts';
import { type Catalog, openCatalog } from '../../../../src/catalog/index.ts';
import { guardReply } from '../../../support/guard-reply.ts';

const configFile = (name: string) => fileURLToPath(new URL(`../../../../config/${name}`, import.meta.url));

/** The demo's own catalogue. */
export function openDemoCatalog(): Promise<Catalog> {
  return openCatalog({ name: 'shop', file: configFile('catalog.ndjson') });
}

/** The demo's own backend. */
export async function openDemoBackend(): Promise<Backend> {
  return createCatalogBackend({
    name: 'shop',
    catalog: await openDemoCatalog(),
    questions: readQuestions(configFile('questions.yaml')),
  });
}

const at = '2026-01-05T10:00:00Z';

const conversation: Conversation = {
  id: '0b7e2c1e-5f4a-4c6d-8e9f-0a1b2c3d4e5f',
  tenantId: 'tenant',
  agentId: 'agent',
  participant: {},
  metadata: {},
  mode: 'ai',
  status: 'active',
  blocked: false,
  createdAt: at,
  updatedAt: at,
  messageCount: 0,
  publicIds: {},
  remoteIds: {},
  collectedSequence: 0,
};

/** A turn of this text. */
export function turnOf(text: string, rest: Partial<Turn> = {}): Turn {
  return { text, attachments: [], delivery: 'stream', participant: {}, activity: [], ...rest };
}

/** A context with these messages before. */
export function contextOf(history: readonly Message[] = []): AnswerContext & { readonly reads: () => number } {
  let reads = 0;
  return {
    replyId: '5d0e8f3c-93a1-4b4c-9d55-6f7e8a9b0c1d',
    conversation,
    history: () => {
      reads += 1;
      return Promise.resolve(history);
    },
    remember: () => Promise.resolve(),
    sent: () => undefined,
    upload: () => Promise.resolve(undefined),
    transcript: async () => [],
    leftOut: () => undefined,
    reads: () => reads,
  };
}

export const callOf = (signal: AbortSignal = new AbortController().signal): Call => ({
  requestId: 'request',
  receivedAt: at,
  signal,
});

/** All events of an answer, in their batches, after the guard has accepted them. */
export async function batchesOf(
  backend: Backend,
  turn: Turn,
  history: readonly Message[] = [],
): Promise<readonly (readonly ChatEvent[])[]> {
  const batches: (readonly ChatEvent[])[] = [];
  for await (const batch of guardReply(backend.answer(turn, contextOf(history), callOf()))) batches.push(batch);
  return batches;
}

/** A visitor who goes on talking: each message knows what was said before. */
export function visitTo(backend: Backend): (text: string, rest?: Partial<Turn>) => Promise<Reply> {
  const history: Message[] = [];
  const store = (role: Message['role'], { text, items, suggestions }: Pick<Reply, 'text' | 'items' | 'suggestions'>) =>
    history.push({
      id: randomUUID(),
      conversationId: conversation.id,
      sequence: history.length + 1,
      role,
      text,
      items,
      suggestions,
      attachments: [],
      createdAt: at,
      status: 'complete',
    });
  return async (text, rest = {}) => {
    const reply = await foldReply(
      guardReply(backend.answer(turnOf(text, rest), contextOf([...history]), callOf())),
      at,
    );
    store('visitor', { text, items: [], suggestions: [] });
    store('assistant', reply);
    return defined(reply);
  };
}
