import { describe, expect, it } from 'vitest';
import { createConversation } from '../../../../src/dialects/homie/create-conversation.ts';
import { describeViolations } from '../../../../src/dialects/homie/errors.ts';
import { listMessages } from '../../../../src/dialects/homie/list-messages.ts';
import { sendMessage } from '../../../../src/dialects/homie/send-message.ts';
import { schemaGuard } from '../../../../src/dialects/schema.ts';

const exchange = { replyId: '', receivedAt: '2025-07-08T16:32:11Z' };
const chatId = 'ab12cd34-ef56-7890-ab12-cd34ef567890';
const wire = { params: { chatId }, query: {}, headers: {}, body: undefined };

describe('a request in homie', () => {
  it('may name any 8-4-4-4-12 hexadecimal id, in capitals too, and means the same chat', () => {
    const params = { chatId: chatId.toUpperCase() };
    const body = { message: 'Hi', currentUrl: '' };
    expect(schemaGuard('homie/send-message.request.json').violations({ ...wire, params, body })).toEqual([]);
    expect(sendMessage.request.decode({ ...wire, params, body }, exchange).conversationId).toBe(chatId);
  });

  it.each([`${chatId}0`, 'ab12cd34ef567890ab12cd34ef567890', '', `${chatId}\n`, '{ab12cd34-ef56}'])(
    'may not name %j',
    (id) => {
      const params = { chatId: id };
      expect(schemaGuard('homie/list-messages.request.json').violations({ ...wire, params })).not.toEqual([]);
    },
  );

  it('takes a userId of null for none', () => {
    const body = { chatbotId: chatId, userId: null };
    expect(schemaGuard('homie/create-conversation.request.json').violations({ ...wire, body })).toEqual([]);
    expect(createConversation.request.decode({ ...wire, body }, exchange).participant).toEqual({});
  });

  it.each([
    [{}, 0, 20],
    [{ page: '2' }, 20, 20],
    [{ page: '3', size: '7' }, 14, 7],
    [{ page: '2', limit: '5' }, 5, 5],
    [{ size: '7', limit: '5' }, 0, 7],
  ])('asks with %j for the messages from %i, %i of them, oldest first', (query, offset, limit) => {
    const { page } = listMessages.request.decode({ ...wire, query }, exchange);
    expect(page).toEqual({ offset, limit, order: 'ascending' });
  });

  it.each(['page', 'size', 'limit'])('may have the largest %s that the refusal of a larger one names', (name) => {
    const violations = (value: string) =>
      schemaGuard('homie/list-messages.request.json').violations({ ...wire, query: { [name]: value } });
    const [sentence = ''] = describeViolations(violations('99999999'));
    const largest = Number(/^\w+ must not be greater than (\d+)$/.exec(sentence)?.[1]);
    expect(violations(String(largest))).toEqual([]);
    expect(describeViolations(violations(String(largest + 1)))).toEqual([sentence]);
    expect(describeViolations(violations('0'))).toEqual([`${name} must not be less than 1`]);
  });

  it.each([{ page: '' }, { page: '-1' }, { page: '1e3' }, { size: '0' }, { size: ['1', '2'] }, { limit: '101' }])(
    'is refused with %j',
    (query) => expect(schemaGuard('homie/list-messages.request.json').violations({ ...wire, query })).toHaveLength(1),
  );
});

describe('a page of messages in homie', () => {
  const message = {
    id: 'm',
    conversationId: 'inner',
    sequence: 1,
    text: 'Hi',
    items: [],
    suggestions: [],
    attachments: [],
    createdAt: '2025-07-08T16:32:11.000Z',
    status: 'complete',
  } as const;

  it.each([
    ['visitor', 'question'],
    ['assistant', 'answer'],
    ['operator', 'answer'],
  ] as const)('shows what the %s says as %s, at a time without zero milliseconds', (role, type) => {
    const page = { entries: [{ ...message, role }], total: 1, offset: 0, limit: 20 };
    const answer = listMessages.response?.encode(page, { ...exchange, conversationId: chatId });
    expect(answer?.body).toMatchObject({
      items: [{ id: 'm', chatId, type, content: 'Hi', createdAt: '2025-07-08T16:32:11Z' }],
    });
  });

  it('says null, not nothing, where there is no page before or after', () => {
    const answer = listMessages.response?.encode({ entries: [], total: 0, offset: 0, limit: 20 }, exchange);
    expect(answer?.body).toMatchObject({ prevPage: null, nextPage: null, totalPages: 0, currentPage: 1 });
  });
});
