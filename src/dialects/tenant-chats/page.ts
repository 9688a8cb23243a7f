import type { Page, PageRequest } from '../../canonical/index.ts';
import type { ListFacts, PageQuery } from './wire.ts';

const orders = { asc: 'ascending', desc: 'descending' } as const;

/** The query of a list whose own order is `defaultOrder`; the first 50 unless it says otherwise. Source: vendor's list pages. */
export function pageQuery(defaultOrder: keyof typeof orders) {
  return {
    decode: ({ offset = '0', limit = '50', order = defaultOrder }: PageQuery): PageRequest => ({
      offset: Number(offset),
      limit: Number(limit),
      order: orders[order],
    }),
    encode: ({ offset, limit, order }: PageRequest) => ({
      offset: String(offset),
      limit: String(limit),
      order: order === 'ascending' ? ('asc' as const) : ('desc' as const),
    }),
  };
}

/** What a list says of itself beside its entries. */
export const listFacts = {
  encode: ({ entries, total, offset, limit }: Page<unknown>): ListFacts => ({
    total,
    offset,
    limit,
    has_more: offset + entries.length < total,
  }),
  decode: ({ total, offset, limit }: ListFacts) => ({ total, offset, limit }),
};
