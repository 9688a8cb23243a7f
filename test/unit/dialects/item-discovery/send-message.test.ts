import { describe, expect, it } from 'vitest';
import type { Item, Reply } from '../../../../src/canonical/index.ts';
import { sendMessage } from '../../../../src/dialects/item-discovery/send-message.ts';

const exchange = { replyId: 'r', conversationId: 'any text', receivedAt: '2024-06-14T10:05:00Z' };
const decode = (body: object) => sendMessage.request.decode({ params: {}, query: {}, headers: {}, body }, exchange);
const encode = (items: readonly Item[]) => {
  const reply: Reply = { id: 'r', text: 'Here.', items, suggestions: [], finishReason: 'stop', createdAt: '' };
  return (sendMessage.response ?? expect.fail()).encode({ ...reply, conversationId: 'the backend’s own' }, exchange);
};

describe('a turn in item-discovery', () => {
  it.each([
    [{}, 4],
    [{ limit: '7' }, 7],
    [{ limit: true }, 1],
    [{ limit: 50 }, 50],
  ])('asks with %j for %i items at most', (fields, limit) => {
    expect(decode({ message: 'a', ...fields }).itemLimit).toBe(limit);
  });

  it.each([null, '', undefined])('begins a conversation with the id %j', (conversation_id) => {
    expect(decode({ message: 'a', conversation_id })).not.toHaveProperty('conversationId');
  });

  it('is spoken to upstreams on the path of the documented base URL', () => {
    expect(sendMessage.paths[0]).toBe('/v1/chat');
  });
});

describe('an answer in item-discovery', () => {
  it('is 200, echoes the conversation as the client knows it, and always has items', () => {
    expect(encode([])).toEqual({
      status: 200,
      headers: {},
      body: { conversation_id: 'any text', message: 'Here.', items: [] },
    });
  });

  it('writes null for what is not known, active for a status that is not, and the price as it is kept', () => {
    expect(encode([{ id: '1', title: 'Desk' }]).body).toMatchObject({
      items: [{ item_id: '1', title: 'Desk', status: 'active', description: null, price: null }],
    });
    expect(encode([{ id: '1', title: 'Desk', price: '999.90' }]).body).toMatchObject({ items: [{ price: '999.90' }] });
  });

  it('shows every item that was found: cutting is for whoever answers', () => {
    const items = Array.from({ length: 9 }, (_, index) => ({ id: String(index), title: 'Desk' }));
    expect((encode(items).body as { items: unknown[] }).items).toHaveLength(9);
  });
});
