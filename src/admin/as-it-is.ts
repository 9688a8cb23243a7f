import type { Codec, WireResponse } from '../dialects/dialect.ts';

/** Outputs are written as they are: this API speaks the canonical model. */
export function asItIs<Value>(status: number): Codec<WireResponse<Value>, Value> {
  return {
    decode: ({ body }) => body,
    encode: (value) => ({ status, headers: {}, body: value }),
  };
}

/** A request that says nothing in its body. */
export const noBody = { query: {}, headers: {}, body: undefined };
