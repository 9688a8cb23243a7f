import type { PageRequest } from '../canonical/index.ts';
import type { Codec, WireResponse } from '../dialects/dialect.ts';

export interface PageQuery {
  readonly offset?: string;
  readonly limit?: string;
  readonly order?: 'asc' | 'desc';
}

/** `offset`, `limit` and `order` of a list; 0, 50 and oldest first where they are not said. */
export const page = {
  decode: ({ offset = '0', limit = '50', order = 'asc' }: PageQuery): PageRequest => ({
    offset: Number(offset),
    limit: Number(limit),
    order: order === 'asc' ? 'ascending' : 'descending',
  }),
  encode: ({ offset, limit, order }: PageRequest): PageQuery => ({
    offset: String(offset),
    limit: String(limit),
    order: order === 'ascending' ? 'asc' : 'desc',
  }),
} satisfies Codec<PageQuery, PageRequest>;

/** Outputs are written as they are: this API speaks the canonical model. */
export function asItIs<Value>(status: number): Codec<WireResponse<Value>, Value> {
  return {
    decode: ({ body }) => body,
    encode: (value) => ({ status, headers: {}, body: value }),
  };
}

/** A request that says nothing in its body. */
export const noBody = { query: {}, headers: {}, body: undefined };
