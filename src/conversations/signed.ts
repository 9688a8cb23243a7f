import { type Conversation, defined } from '../canonical/index.ts';
import { GatewayError } from '../errors/index.ts';
import type { SessionCaller } from './caller.ts';
import type { Services } from './services.ts';

type Visitor = Pick<SessionCaller, 'site' | 'user' | 'address'>;

/**
 * Throws for a visitor of a site whose conversation is a signed user's: `unauthenticated` for one who has not proven to be anybody,
 * `forbidden` for another user. Operators, who have no address, and holders of keys see to all of them.
 */
export function refuseStrangers({ signedUser }: Pick<Conversation, 'signedUser'>, { site, user, address }: Visitor) {
  if (signedUser === undefined || signedUser === user?.id || site === undefined || address === undefined) return;
  throw user === undefined
    ? new GatewayError('unauthenticated', 'This chat is open to its signed-in user only')
    : new GatewayError('forbidden', "This chat is another user's");
}

/**
 * The conversation with its user's name on it, where its visitor has one: from now on it is closed to others. Throws as
 * `refuseStrangers` does, also for a user whom another one came before.
 */
export async function holdFor(
  { store }: Pick<Services, 'store'>,
  conversation: Conversation,
  caller: Visitor & Pick<SessionCaller, 'call'>,
): Promise<Conversation> {
  const { user, call } = caller;
  refuseStrangers(conversation, caller);
  if (user === undefined || conversation.signedUser !== undefined) return conversation;
  const change = defined({ signedUser: user.id, contact: user.contact, updatedAt: call.receivedAt });
  const held = await store.changeConversation(conversation.id, change);
  refuseStrangers(held, caller);
  return held;
}
