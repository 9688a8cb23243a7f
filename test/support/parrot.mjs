/** A backend that answers at once, with everything that a reply can hold. */
export default function createParrot() {
  return {
    async *answer({ text }, { replyId }) {
      yield await Promise.resolve([
        { type: 'reply-start', replyId },
        { type: 'typing' },
        { type: 'text-delta', text: 'You said: ' },
        { type: 'text-delta', text: text.slice(0, 100) },
        { type: 'items-found', items: [{ id: 'ST678VG', title: 'Desk', price: '999.99', currency: 'EUR', flags: [] }] },
        { type: 'suggestions', suggestions: ['And in blue?'] },
        { type: 'reply-end', finishReason: 'stop', usage: { totalTokens: 7 } },
      ]);
    },
  };
}
