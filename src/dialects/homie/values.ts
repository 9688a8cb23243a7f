import type { Timestamp } from '../../canonical/index.ts';

/** The time as the documents print it: without a fraction that is zero. It is read as it stands. */
export const timestamp = {
  decode: (wire: string): Timestamp => wire,
  encode: (at: Timestamp): string => at.replace(/\.0+Z$/, 'Z'),
};

/** The chat that a path names. UUIDs compare without case, and some platforms print them in capitals; ours are small. */
export const chatId = {
  decode: (params: { readonly chatId: string }): string => params.chatId.toLowerCase(),
  encode: (conversationId: string | undefined) => ({ chatId: conversationId ?? '' }),
};

const decimal = /^-?\d+(?:\.\d+)?$/;

/** A JSON number on this wire, decimal text inside. What is no plain decimal, or too big for a number, is left out. */
export const price = {
  decode(wire: number | undefined): string | undefined {
    const text = String(wire);
    return decimal.test(text) ? text : undefined;
  },
  encode(amount: string | undefined): number | undefined {
    const number = amount !== undefined && decimal.test(amount) ? Number(amount) : Number.NaN;
    return Number.isFinite(number) ? number : undefined;
  },
};
