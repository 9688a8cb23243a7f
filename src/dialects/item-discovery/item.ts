import { defined, type Item } from '../../canonical/index.ts';
import type { ChatItem } from './wire.ts';

/** What an item's codec pair carries. */
export const itemFields = ['item.id', 'item.title', 'item.status', 'item.description', 'item.price'] as const;

/** What is not known is null, as the framework writes it; a status that is not known is the seed's `active`. */
export const item = {
  decode: (wire: ChatItem): Item =>
    defined({
      id: wire.item_id,
      title: wire.title,
      status: wire.status,
      description: wire.description ?? undefined,
      price: wire.price ?? undefined,
    }),
  encode: ({ id, title, status, description, price }: Item): ChatItem => ({
    item_id: id,
    title,
    status: status ?? 'active',
    description: description ?? null,
    price: price ?? null,
  }),
};
