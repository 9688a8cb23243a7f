import { createHash } from 'node:crypto';
import { GatewayError } from '../errors/index.ts';
import type { IdempotencyKey } from '../stores/store.ts';
import type { Caller } from './caller.ts';
import type { SentTurn } from './find-conversation.ts';
import type { Services } from './services.ts';

/** What makes a turn one that may have been asked before. */
export interface Idempotency {
  readonly key: IdempotencyKey;
  /** Of what was asked. */
  readonly fingerprint: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** The idempotency key of a turn that has one: its message id, or the call's idempotency key. */
export function idempotencyOf(services: Services, turn: SentTurn, caller: Caller): Idempotency | undefined {
  const key = turn.clientMessageId || caller.idempotencyKey; // an empty one is none
  if (!key) return undefined;
  // A message id belongs to the visitor that made it up; so does a header on a site, whose visitors are strangers to each other. A key
  // speaks for all of its users: there a header is the key's own, and one that comes for another user is used for another message.
  const isVisitors = turn.clientMessageId || caller.site !== undefined;
  const owner = isVisitors ? (turn.participant.sessionId ?? turn.conversationId ?? '') : '';
  // What a user was answered is never given to another, nor to one who does not prove to be that user.
  const scope = [caller.principal, owner, ...(caller.user === undefined ? [] : [caller.user.id])];
  const { participant, conversationId, agent, itemLimit, parameters, tools } = turn;
  const { text, attachments, history, afterwards, continuation } = turn.asked ?? turn;
  const asked = [
    caller.dialect.name,
    text,
    participant,
    conversationId,
    agent,
    attachments,
    itemLimit,
    history,
    afterwards,
    parameters,
    tools,
    ...(continuation === undefined ? [] : [continuation]),
  ];
  return {
    key: { tenantId: caller.tenant.id, scope: JSON.stringify(scope), key },
    fingerprint: createHash('sha256').update(JSON.stringify(asked)).digest('base64'),
    expiresAt: Date.now() + services.idempotencyWindowMs,
  };
}

/** Throws `conflict` where a key stands for something else than what is asked now. */
export function refuseOther(fingerprint: string, once: Idempotency | undefined): void {
  if (fingerprint === once?.fingerprint) return;
  throw new GatewayError('conflict', 'This message id or idempotency key was used for another message');
}

/** The name that is held while an idempotency key is being answered; its holder tells the id of the reply. */
export const leaseOfTurn = ({ key: { tenantId, scope, key } }: Idempotency): string =>
  `turn ${JSON.stringify([tenantId, scope, key])}`;

/** The name that is held while a reply is read in another process than gives it. */
export const leaseOfReading = (replyId: string): string => `reading ${replyId}`;
