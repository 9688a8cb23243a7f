import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type ChatEvent, type Message, unfoldReply } from '../../../src/canonical/index.ts';
import { listSessionMessages } from '../../../src/dialects/widget/list-session-messages.ts';
import { timestamp } from '../../../src/dialects/widget/message.ts';
import { sendMessage } from '../../../src/dialects/widget/send-message.ts';
import { GatewayError } from '../../../src/errors/index.ts';
import { frame } from '../../../src/sse/index.ts';

const exchange = { replyId: 'r', conversationId: '50', receivedAt: '2026-06-03T18:45:00.000Z' };
const { events } = sendMessage;
if (events === undefined) throw new Error('send-message of the widget answers with a stream');

const golden = (name: string) => readFileSync(`test/golden/widget/send-message.${name}.stream.txt`, 'utf8');
const messagesOf = (text: string) => [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => ({ data }));

function write(...told: readonly ChatEvent[]): string {
  const encode = events?.encoder(exchange);
  return told
    .flatMap((event) => [...(encode?.(event) ?? [])])
    .map(frame)
    .join('');
}

function read(text: string): ChatEvent[] {
  const decode = events?.decoder(exchange);
  return messagesOf(text).flatMap((message) => [...(decode?.(message) ?? [])]);
}

describe('the stream of the widget', () => {
  it('is the documented one, byte for byte', () => {
    expect(
      write(
        { type: 'reply-start', replyId: 'r' },
        { type: 'typing' },
        { type: 'text-delta', text: 'Yes, ' },
        { type: 'text-delta', text: 'we do.' },
        { type: 'items-found', items: [] },
        { type: 'suggestions', suggestions: ['Where?'] },
        { type: 'reply-end', finishReason: 'stop', model: 'm' },
      ),
    ).toBe(golden('documented'));
  });

  it('is nothing but its end while an operator has the conversation, and reads back as that', () => {
    const silence: ChatEvent[] = [
      { type: 'reply-start', replyId: 'r', conversationId: '50' },
      { type: 'reply-end', finishReason: 'handed-over' },
    ];
    expect(write(...silence)).toBe(golden('operator'));
    expect(read(golden('operator'))).toEqual(silence);
  });

  it('carries line ends inside a chunk as one line', () => {
    expect(write({ type: 'text-delta', text: 'a\nb\r\n' })).toBe('data: {"type":"chunk","content":"a\\nb\\r\\n"}\n\n');
  });

  it('ends a failure with one error and nothing after it', () => {
    const failure = events.failure(new GatewayError('upstream-failed', 'secret'), exchange);
    const text = write({ type: 'text-delta', text: 'Yes, ' }) + [...failure].map(frame).join('');
    expect(text).toBe(golden('failed'));
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'upstream-failed' }));
  });

  it('reads an upstream’s, passing over types that it does not know', () => {
    const [start, ...rest] = read(`data: {"type":"ping"}\n\n${golden('documented')}`);
    expect(start).toMatchObject({ type: 'reply-start', replyId: 'r' });
    expect(rest.map(({ type }) => type)).toEqual(['text-delta', 'text-delta', 'reply-end']);
  });

  it.each(['not json', '[]', '{"type":"chunk"}', '{"type":"done","meta":{"conversation_id":"50"}}'])(
    'refuses %s as upstream-protocol',
    (data) => {
      expect(() => read(`data: ${data}\n\n`)).toThrow(expect.objectContaining({ code: 'upstream-protocol' }));
    },
  );

  it('is the same for a stored reply that is told again', () => {
    const reply = {
      id: 'r',
      text: 'Yes, we do.',
      items: [],
      suggestions: [],
      finishReason: 'stop' as const,
      createdAt: exchange.receivedAt,
    };
    expect(write(...unfoldReply(reply))).toBe(
      'data: {"type":"chunk","content":"Yes, we do."}\n\ndata: {"type":"done","meta":{"conversation_id":50}}\n\n',
    );
  });
});

describe('the history of the widget', () => {
  const message = (sequence: number): Message => ({
    id: `m${sequence}`,
    conversationId: '50',
    sequence,
    role: 'visitor',
    text: 'Hi',
    items: [],
    suggestions: [],
    attachments: [],
    createdAt: '2026-06-03T19:00:00.999Z',
    status: 'complete',
  });

  it('is the newest messages, oldest first, under their sequence numbers', () => {
    const request = { params: {}, query: { session_id: 's' }, headers: {}, body: undefined };
    expect(listSessionMessages.request.decode(request, exchange).page.order).toBe('descending');
    const page = { entries: [message(9), message(7)], total: 60, offset: 0, limit: 2 };
    expect(listSessionMessages.response?.encode(page, exchange).body).toEqual({
      success: true,
      messages: [7, 9].map((id) => {
        return { id, role: 'visitor', content: 'Hi', created_at: '2026-06-03T19:00:00+00:00' };
      }),
    });
  });
});

describe('times of the widget', () => {
  it.each([
    ['2026-06-03T19:00:00.250Z', '2026-06-03T19:00:00+00:00'],
    ['2026-06-03T19:00:00Z', '2026-06-03T19:00:00+00:00'],
  ])('print %s with the offset written out', (time, wire) => {
    expect(timestamp.encode(time)).toBe(wire);
    expect(timestamp.decode(wire)).toBe('2026-06-03T19:00:00.000Z');
  });
});
