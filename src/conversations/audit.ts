import { randomBytes } from 'node:crypto';
import {
  type AdminOperationName,
  type AuditEntry,
  type Conversation,
  defined,
  type InputOf,
} from '../canonical/index.ts';
import { toGatewayError } from '../errors/index.ts';
import { auditFloor } from '../stores/audit-book.ts';
import type { AdminCaller } from './caller.ts';
import { begin, conversationOfSession, draftConversation } from './find-conversation.ts';
import type { Handler } from './handlers.ts';
import { reachMigration } from './migrations.ts';
import { reach, visitorOf } from './operators.ts';
import { enteredOf } from './roles.ts';
import type { DocumentAnswer, Services } from './services.ts';

/** What operators do, operation by operation. */
export type OperatorHandlers = { readonly [N in AdminOperationName]: Handler<N> };

/** The same, with an entry in the audit for all that changes something. */
export function withAudit(table: OperatorHandlers): OperatorHandlers {
  const entered = Object.entries(table).map(([operation, handle]) => {
    const told = enteredOf(operation);
    // A handler gets the input of its own operation, which is one of these; so does what stands before it.
    return [operation, told === undefined ? handle : enter(operation, told, handle as Act)];
  });
  return Object.fromEntries(entered) as OperatorHandlers; // the operations of `table`, each with its handler
}

type Input = InputOf<AdminOperationName>;
type Act = (services: Services, input: Input, caller: AdminCaller) => Promise<DocumentAnswer<AdminOperationName>>;

/** The entry is there before the act, which is not done without it; it is taken back if the act was refused. */
function enter(operation: string, told: readonly string[], act: Act): Act {
  const entered: Act = async (services, input, caller) => {
    const { audit } = services.store;
    const { subject, open } = await subjectOf(services, input, caller);
    const entry = entryOf(caller, describe(operation, told, input), subject);
    await audit.enter(entry);
    try {
      const opened = await open?.();
      if (opened === undefined || opened.id === subject.id) return await act(services, input, caller);
    } catch (thrown) {
      // Of a failure that is not the client's own it is not known how far it came: its entry stays, as one does that cannot be taken back.
      if (toGatewayError(thrown).traits.status < 500) await audit.strike(entry).catch(() => undefined);
      throw thrown;
    }
    // The session's conversation has begun elsewhere meanwhile: it is there now, under that id.
    await audit.strike(entry).catch(() => undefined);
    return entered(services, input, caller);
  };
  return entered;
}

function describe(operation: string, told: readonly string[], input: Input): string {
  const values = Object.entries(input).filter(([name, value]) => told.includes(name) && value !== undefined);
  return [operation, ...values.map(([name, value]) => `${name}=${String(value)}`)].join(' ');
}

type Subject = Pick<Conversation, 'tenantId'> & Partial<Pick<Conversation, 'id'>>;

interface ActedOn {
  readonly subject: Subject;
  /** Begins the conversation, if it is not there yet; gives the one that has begun meanwhile, if one has. */
  open?(): Promise<Conversation>;
}

/** Which conversation or migration is acted on; of a session without one, the one that it would get. Throws `not-found` for what is not in reach. */
async function subjectOf(services: Services, input: Input, caller: AdminCaller): Promise<ActedOn> {
  if ('conversationId' in input) return { subject: await reach(services, input.conversationId, caller) };
  if ('migration' in input) {
    const { config } = reachMigration(services, input.migration, caller);
    return { subject: { tenantId: config.tenantId } };
  }
  if (!('site' in input)) throw new Error('What is entered in the audit is done to a conversation or a migration');
  const visitor = visitorOf(services, input, caller);
  const participant = { sessionId: input.sessionId };
  const known = await conversationOfSession(services, participant, visitor);
  if (known !== undefined) return { subject: known };
  const draft = draftConversation(visitor, { participant, agentId: visitor.defaultAgent.id });
  return { subject: draft.conversation, open: () => begin(services, draft, visitor) };
}

function entryOf(caller: AdminCaller, act: string, { id: conversationId, tenantId }: Subject): AuditEntry {
  const at = caller.call.receivedAt;
  const { name: operator, role, address } = caller;
  const id = `${auditFloor(Date.parse(at))}-${randomBytes(6).toString('hex')}`;
  return defined({ id, at, operator, role, address, act, tenantId, conversationId });
}

/** What was done in the tenants that are in reach, the newest first. */
export async function readAudit(
  { store }: Services,
  { after, limit }: InputOf<'read-audit'>,
  { tenants }: AdminCaller,
): Promise<DocumentAnswer<'read-audit'>> {
  const found = await store.audit.entries(defined({ tenantIds: tenants, after, limit: limit + 1 }));
  const entries = found.slice(0, limit);
  return { value: defined({ entries, next: found.length > limit ? entries.at(-1)?.id : undefined }) };
}
