import { type Conversation, isUuid } from '../canonical/index.ts';
import type { PublicId, Store } from '../stores/store.ts';
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

/** The caller's tenant's conversation that an id stands for, in any form that a dialect shows. */
export async function findByPublicId(store: Store, id: string, caller: Caller): Promise<Conversation | undefined> {
  const inner = innerId(id);
  if (inner !== undefined) {
    const found = await store.conversation(inner);
    if (found?.tenantId === caller.tenant.id) return found;
  }
  return store.findConversation(chosenId(id, caller));
}

/** The inner id that a public id spells out; `undefined` if it only stands for one. */
export function innerId(id: string): string | undefined {
  const lower = id.toLowerCase();
  if (isUuid(lower)) return lower;
  const prefixed = prefixedShape.exec(lower);
  return prefixed === null ? undefined : prefixed.slice(1).join('-');
}
