import { type Conversation, defined, isUuid, type Participant } from '../canonical/index.ts';
import { isAnothers, type PublicId, type Store } from '../stores/store.ts';
import type { Caller } from './caller.ts';

const prefixedShape = /^conv_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/;

/** The space of ids that look like a UUID: shared by all dialects of a tenant, so that one can go on where another began. */
const uuidSpace = 'uuid';
const sessionSpace = 'session';

/** The id that a caller's dialect shows for a conversation. */
export function publicIdOf(conversation: Conversation, { dialect }: Pick<Caller, 'dialect'>): string {
  const own = conversation.publicIds[dialect.name];
  if (own !== undefined) return own;
  if (dialect.conversationIds === 'prefixed') return `conv_${conversation.id.replaceAll('-', '')}`;
  return conversation.publicIds[uuidSpace] ?? conversation.id;
}

/** The place in the id directory of an id that a client chose. */
export function chosenId(id: string, caller: Pick<Caller, 'tenant' | 'dialect'>): PublicId {
  const lower = id.toLowerCase();
  return isUuid(lower)
    ? { tenantId: caller.tenant.id, space: uuidSpace, id: lower }
    : { tenantId: caller.tenant.id, space: caller.dialect.name, id };
}

/** The place in the id directory of a visitor's session on a site. */
export function sessionId(place: {
  readonly tenantId: string;
  readonly site: string;
  readonly session: string;
}): PublicId {
  return { tenantId: place.tenantId, space: sessionSpace, id: JSON.stringify([place.site, place.session]) };
}

/** The place of an id that one user chose and another one has. */
export function ownPlace({ tenantId, space, id }: PublicId, { userId }: Participant): PublicId {
  return { tenantId, space: `${space} of a user`, id: JSON.stringify([userId, id]) };
}

/** What an id stands for to a user of the caller's tenant, and the place in the id directory of what the user begins under it. */
export interface Found {
  readonly conversation?: Conversation;
  readonly place: PublicId;
}

/** Looks an id up in any form that a dialect shows. What is another user's is as unknown as what is not there. */
export async function findByPublicId(
  store: Store,
  id: string,
  caller: Pick<Caller, 'tenant' | 'dialect'>,
  participant: Participant = {},
): Promise<Found> {
  const place = chosenId(id, caller);
  const inner = innerId(id);
  const spelledOut = inner === undefined ? undefined : await store.conversation(inner);
  const conversation = spelledOut?.tenantId === caller.tenant.id ? spelledOut : await store.findConversation(place);
  if (conversation === undefined || !isAnothers(conversation, participant)) return defined({ conversation, place });
  const own = ownPlace(place, participant);
  return defined({ conversation: await store.findConversation(own), place: own });
}

/** The inner id that a public id spells out; `undefined` if it only stands for one. */
export function innerId(id: string): string | undefined {
  const lower = id.toLowerCase();
  if (isUuid(lower)) return lower;
  const prefixed = prefixedShape.exec(lower);
  return prefixed === null ? undefined : prefixed.slice(1).join('-');
}
