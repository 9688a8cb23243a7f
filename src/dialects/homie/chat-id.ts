/** The chat that a path names. UUIDs compare without case, and some platforms print them in capitals; ours are small. */
export const chatId = {
  decode: (params: { readonly chatId: string }): string => params.chatId.toLowerCase(),
  encode: (conversationId: string | undefined) => ({ chatId: conversationId ?? '' }),
};
