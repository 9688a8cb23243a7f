import { hash } from 'node:crypto';
import type { Conversation, Participant } from '../../canonical/index.ts';
import type { Upstream } from './upstream.ts';

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
