import { hash } from 'node:crypto';
import { type Awaitable, whenReady } from '../async/awaitable.ts';
import type { ChatStream, Conversation, InputOf, OperationName, Participant, Turn } from '../canonical/index.ts';
import { type ErrorCode, toGatewayError } from '../errors/index.ts';
import type { LiveMigration } from '../migrations/migrations.ts';
import { drawSide, passesOn, type Side, sideMark, sideOf, sideOfConversation } from '../migrations/sides.ts';
import type { Caller } from './caller.ts';
import { agentOf, agentOfConversation } from './find-conversation.ts';
import { findByPublicId, sessionId } from './public-ids.ts';
import type { Services } from './services.ts';

/** The migration of a caller, or of the agent that is asked. */
export function migrationOf(caller: Caller, conversation: Conversation, named?: string): LiveMigration | undefined {
  if (caller.migration !== undefined) return caller.migration;
  if (!caller.tenant.hasMovingAgents) return undefined;
  return (named === undefined ? agentOfConversation(caller, conversation) : agentOf(caller, named)).migration;
}

/** Who of a migration answers a conversation here. What is passed on is not answered here: of such a move, the new side is. */
export function backendOfMigration(migration: LiveMigration, conversation: Conversation | undefined): string {
  const { from, to } = migration.config;
  return 'passthrough' in from || sideHere(migration, conversation) === 'to' ? to.backend : from.backend;
}

/** Whether it is each conversation's own which of two backends answers here. */
export const splitsBackends = (migration: LiveMigration): boolean =>
  !passesOn(migration) && sideOf(migration) === 'each';

function sideHere(migration: LiveMigration, conversation: Conversation | undefined): Side {
  const side = sideOf(migration);
  if (side !== 'each') return side;
  return conversation === undefined ? 'from' : sideOfConversation(migration, conversation);
}

/** A conversation that has its side: drawn at its first turn, while that is drawn, and kept. Counts the turn. */
export function sided(
  services: Services,
  { turn, conversation }: { readonly turn: Turn; readonly conversation: Conversation },
  caller: Caller,
): Awaitable<Conversation> {
  const migration = migrationOf(caller, conversation, turn.agent);
  if (migration === undefined) return conversation;
  const begins = conversation.messageCount === 0 && (sideOf(migration) === 'each' || passesOn(migration));
  return whenReady(begins ? draw(services, { turn, conversation, migration }, caller) : conversation, (known) => {
    const isFrom = !passesOn(migration) && sideHere(migration, known) === 'from';
    services.migrations.turn(migration.config, isFrom ? 'from' : 'to');
    return known;
  });
}

interface Drawn {
  readonly turn: Turn;
  readonly conversation: Conversation;
  readonly migration: LiveMigration;
}

function draw({ store }: Services, { turn, conversation, migration }: Drawn, { call }: Caller): Promise<Conversation> {
  const side = passesOn(migration) ? 'to' : drawSide(migration, turn.participant, chanceOf(turn, conversation.id));
  return store.changeConversation(conversation.id, {
    remoteIds: sideMark(migration, side),
    updatedAt: call.receivedAt,
  });
}

/** Has a conversation that begins without a turn be the new side's, before its client hears of it. */
export async function begunHere(
  { store }: Pick<Services, 'store'>,
  { id }: Conversation,
  { migration, call }: Pick<Caller, 'migration' | 'call'>,
): Promise<void> {
  if (migration === undefined || !passesOn(migration)) return;
  await store.changeConversation(id, { remoteIds: sideMark(migration, 'to'), updatedAt: call.receivedAt });
}

/** What decides where no user and no session is named: how a dialogue begins that the client itself keeps, or else nothing but chance. */
export function chanceOf({ history, text }: Turn, conversationId: string): string {
  if (history === undefined) return conversationId;
  const first = history.find(({ role }) => role === 'visitor')?.text ?? text;
  const system = history.find(({ role }) => role === 'system')?.text ?? '';
  return hash('sha256', JSON.stringify([system, first]), 'base64url');
}

/** What is nobody's fault who was asked. */
const ours: ReadonlySet<ErrorCode> = new Set(['shutting-down', 'overloaded', 'store-unavailable']);

/** A reply of the new side's, of which it is heeded whether it failed. */
export async function* heedEnd(
  { migrations }: Pick<Services, 'migrations'>,
  stream: ChatStream,
  migration: LiveMigration,
): ChatStream {
  try {
    yield* stream;
  } catch (thrown) {
    const { code, traits } = toGatewayError(thrown);
    migrations.ended(migration, traits.status >= 500 && !ours.has(code));
    throw thrown;
  }
  migrations.ended(migration, false);
}

/** What of an input says which conversation it is about. */
type Said = InputOf<OperationName> & {
  readonly conversationId?: string;
  readonly participant?: Participant;
};

interface Asked {
  readonly operation: OperationName;
  readonly input: InputOf<OperationName>;
  readonly migration: LiveMigration;
}

/**
 * Whose a call is that would be passed on, while each conversation has a side of its own: what is known here has one, an unknown id is the
 * old side's, and so is what is about no conversation; one that begins is drawn.
 */
export async function sideOfCall(
  { store }: Pick<Services, 'store'>,
  { operation, input, migration }: Asked,
  caller: Pick<Caller, 'tenant' | 'dialect' | 'site'>,
  chance: string,
): Promise<Side> {
  const { conversationId, participant = {} }: Said = input;
  const { tenant, site } = caller;
  const session = site !== undefined && participant.sessionId;
  if (conversationId !== undefined || session) {
    const known =
      conversationId === undefined
        ? await store.findConversation(sessionId({ tenantId: tenant.id, site: site ?? '', session: session || '' }))
        : (await findByPublicId(store, conversationId, caller, participant)).conversation;
    if (known !== undefined) return sideOfConversation(migration, known);
    if (conversationId !== undefined) return 'from';
  }
  if (operation === 'create-conversation') return drawSide(migration, participant, chance);
  if (operation !== 'send-message') return 'from';
  return drawSide(migration, participant, chanceOf(input as Turn, chance)); // by the operation
}
