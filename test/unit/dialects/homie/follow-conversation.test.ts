import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { defined, type FeedEntry, type FeedEvent, type Message } from '../../../../src/canonical/index.ts';
import { followConversation } from '../../../../src/dialects/homie/follow-conversation.ts';
import { schemaGuard } from '../../../../src/dialects/schema.ts';
import { GatewayError } from '../../../../src/errors/index.ts';
import { createSseParser, frame, type SseMessage } from '../../../../src/sse/index.ts';

const chatId = 'ab12cd34-ef56-7890-ab12-cd34ef567890';
const eventId = '7d9f2c51-6a34-4b8e-9c10-2f5e8d7a6b43';
const exchange = { replyId: eventId, conversationId: chatId, receivedAt: '2025-07-08T16:32:11Z' };
const events = followConversation.events ?? expect.fail('homie streams its events');

const entry = (event: FeedEvent): FeedEntry => ({
  id: eventId,
  position: '3-1f0c9a2b.7',
  conversationId: chatId,
  at: exchange.receivedAt,
  event,
});
const encode = (event: FeedEvent): SseMessage[] => [...events.encoder(exchange)(entry(event))];
const said = (event: FeedEvent): unknown[] => encode(event).map(({ data }) => JSON.parse(data) as unknown);

const message = (fields: Partial<Message>): FeedEvent => ({
  type: 'message',
  message: {
    id: 'm',
    conversationId: chatId,
    sequence: 3,
    role: 'assistant',
    text: 'Size L is in stock.',
    items: [],
    suggestions: [],
    attachments: [],
    createdAt: exchange.receivedAt,
    status: 'complete',
    ...fields,
  },
});
const progress = (step: Extract<FeedEvent, { type: 'reply-progress' }>['progress']): FeedEvent => ({
  type: 'reply-progress',
  replyId: 'r',
  progress: step,
});
const step = (toolName: string, content: string, status: string) => [{ chatId, eventId, toolName, content, status }];

describe('the event stream of homie', () => {
  it('has unnamed messages whose id is the place in the feed, to come back to', () => {
    const [first] = encode({ type: 'reply-started', replyId: 'r' });
    expect(first).not.toHaveProperty('event');
    expect(first?.id).toBe('3-1f0c9a2b.7');
  });

  it('tells of typing, of the text as it grows, of products and of suggestions', () => {
    expect(said({ type: 'reply-started', replyId: 'r' })).toEqual(step('typing', '', 'inProgress'));
    expect(said(progress({ type: 'typing' }))).toEqual(step('typing', '', 'inProgress'));
    expect(said(progress({ type: 'text-delta', text: 'Size L' }))).toEqual(step('message', 'Size L', 'inProgress'));
    expect(said(progress({ type: 'items-found', items: [{ id: '1', title: 'Hoodie' }] }))).toMatchObject([
      { toolName: 'products', toolResponse: { products: [{ gtin: '1', designation: 'Hoodie' }] } },
    ]);
    expect(said(progress({ type: 'suggestions', suggestions: ['Is it warm?'] }))).toMatchObject([
      { toolName: 'suggestions', toolResponse: { suggestions: ['Is it warm?'] } },
    ]);
  });

  it.each(['assistant', 'operator'] as const)('ends what the %s says with the whole text', (role) => {
    expect(said(message({ role }))).toEqual(step('message', 'Size L is in stock.', 'completed'));
  });

  it('ends a reply with its products and suggestions too, for who did not see them come', () => {
    const found = message({ items: [{ id: '1', title: 'Hoodie' }], suggestions: ['Is it warm?'] });
    const products = [{ gtin: '1', designation: 'Hoodie' }];
    expect(said(found)).toEqual([
      {
        ...step('message', 'Size L is in stock.', 'completed')[0],
        toolResponse: { suggestions: ['Is it warm?'], products },
      },
    ]);
    expect(said(message({ items: [{ id: '1', title: 'Hoodie' }] }))).toMatchObject([{ toolResponse: { products } }]);
    expect(said(message({ suggestions: ['Is it warm?'] }))).toMatchObject([
      { toolResponse: { suggestions: ['Is it warm?'] } },
    ]);
    const broken = message({ status: 'failed', suggestions: ['Is it warm?'] });
    expect(said(broken)).toEqual(step('message', 'The answer could not be obtained', 'failed'));
  });

  it('says of a reply that failed or was broken off no more than a client may see', () => {
    const failed = message({ status: 'failed', failure: 'upstream-timeout', text: 'Half a' });
    expect(said(failed)).toEqual(step('message', 'The answer took too long', 'failed'));
    const unknown = message({ status: 'failed', failure: 'a word of an older version' });
    expect(said(unknown)).toEqual(step('message', 'The answer could not be obtained', 'failed'));
    const broken = message({ status: 'interrupted', failure: 'client-closed' });
    expect(said(broken)).toEqual(step('message', 'The reply was interrupted', 'failed'));
  });

  it('is silent about what the visitor says and about who answers', () => {
    expect(encode(message({ role: 'visitor' }))).toEqual([]);
    expect(encode({ type: 'mode-changed', mode: 'operator' })).toEqual([]);
    expect(encode({ type: 'opened', tenantId: 't', participant: {}, participantCreated: false })).toEqual([]);
  });

  describe('of replies that grow side by side', () => {
    const started = (replyId: string): FeedEvent => ({ type: 'reply-started', replyId });
    const words = (replyId: string, text: string): FeedEvent => ({
      type: 'reply-progress',
      replyId,
      progress: { type: 'text-delta', text },
    });
    const whole = (id: string, text: string): FeedEvent => message({ id, text });
    const broken = (id: string): FeedEvent => message({ id, status: 'interrupted' });
    /** What the steps that a client is shown say, and how they end: it cannot tell them apart, and adds them up. */
    const shown = (told: readonly FeedEvent[]): readonly string[] => {
      const write = events.encoder(exchange);
      return told
        .flatMap((event) => [...write(entry(event))])
        .map(({ data }) => JSON.parse(data) as { toolName: string; content: string; status: string })
        .map(({ toolName, content, status }) => (toolName === 'typing' ? 'typing' : `${status} ${content}`));
    };

    it('tells the latest step by step, and the other whole', () => {
      const told = [
        started('a'),
        words('a', 'One'),
        started('b'),
        words('b', 'Two'),
        words('a', ' and'),
        words('b', '.'),
      ];
      expect(shown([...told, whole('b', 'Two.'), whole('a', 'One and')])).toEqual([
        'typing',
        'inProgress One',
        'typing',
        'inProgress Two',
        'inProgress .',
        'completed Two.',
        'completed One and',
      ]);
    });

    it('does not say of the latest that it was broken off when another one was', () => {
      const told = [started('a'), words('a', 'One'), started('b'), words('b', 'Two'), broken('a'), words('b', ' and')];
      expect(shown([...told, whole('b', 'Two and')])).toEqual([
        'typing',
        'inProgress One',
        'typing',
        'inProgress Two',
        'inProgress  and',
        'completed Two and',
      ]);
      expect(shown([started('a'), started('b'), whole('b', 'Two'), broken('a')]).slice(-2)).toEqual([
        'completed Two',
        'failed The reply was interrupted',
      ]);
    });

    it('does not go on with the words of one after the end of another', () => {
      const told = [started('a'), words('a', 'One'), message({ id: 'o', role: 'operator', text: 'I am here' })];
      const restOfA = [words('a', ' and'), words('a', ' all')];
      expect(shown([...told, ...restOfA, whole('a', 'One and all')])).toEqual([
        'typing',
        'inProgress One',
        'completed I am here',
        'typing',
        'completed One and all',
      ]);
      expect(shown([...told, ...restOfA, broken('a')]).at(-1)).toBe('failed The reply was interrupted');
      expect(shown([started('a'), started('b'), whole('a', 'One'), words('b', 'Two')]).slice(-2)).toEqual([
        'completed One',
        'typing',
      ]);
    });

    it('tells the next one step by step, whatever became of those before', () => {
      const next = [started('c'), words('c', 'Three'), whole('c', 'Three')];
      const tail = ['typing', 'inProgress Three', 'completed Three'];
      const before = [
        [started('a'), started('b')],
        [started('a'), started('b'), whole('b', 'Two')],
        [started('a'), broken('a')],
        [started('a'), started('b'), whole('a', 'One'), words('b', 'Two')],
      ];
      for (const told of before) expect(shown([...told, ...next]).slice(-3)).toEqual(tail);
    });

    it('goes on with the reply that the follower was in the middle of, when it comes back', () => {
      const opened: FeedEvent = { type: 'opened', tenantId: 't', participant: {}, participantCreated: false };
      expect(shown([opened, words('a', ' and all'), whole('a', 'One and all')])).toEqual([
        'inProgress  and all',
        'completed One and all',
      ]);
      const growing = (replyId: string, isCutInto = false) => ({ replyId, isCutInto });
      const told = [words('a', ' and'), words('b', ' and all'), whole('b', 'Two and all')];
      expect(shown([{ ...opened, growing: [growing('a', true)] }, ...told.slice(0, 1), whole('a', 'One and')])).toEqual(
        ['typing', 'completed One and'],
      );
      expect(shown([{ ...opened, growing: [growing('a'), growing('b')] }, ...told])).toEqual([
        'inProgress  and all',
        'completed Two and all',
      ]);
    });

    it('is not disturbed by what visitors say in between', () => {
      expect(
        shown([words('a', 'One'), message({ role: 'visitor' }), words('a', ' and'), whole('a', 'One and')]),
      ).toEqual(['inProgress One', 'inProgress  and', 'completed One and']);
    });
  });

  it('shows only messages that its schema accepts', () => {
    const guard = schemaGuard('homie/follow-conversation.event.json');
    const told = [message({}), message({ status: 'failed' }), progress({ type: 'items-found', items: [] })].flatMap(
      said,
    );
    for (const event of told) expect(guard.violations(event)).toEqual([]);
  });

  it('opens with the headers of the framework', () => {
    expect(events.opening?.encode({}, exchange)).toMatchObject({ pragma: 'no-cache', expire: '0' });
  });
});

describe('reading the event stream of homie', () => {
  const folder = new URL('../../../golden/homie/', import.meta.url);

  it.each(['reply', 'failed-reply', 'operator'])('gives back the documented stream to the byte: %s', (name) => {
    const bytes = readFileSync(new URL(`follow-conversation.${name}.stream.txt`, folder));
    const read = events.decoder(exchange);
    const write = events.encoder(exchange);
    const entries = createSseParser()
      .push(bytes)
      .flatMap((one) => [...read(one)]);
    expect(
      entries
        .flatMap((one) => [...write(one)])
        .map(frame)
        .join(''),
    ).toBe(bytes.toString());
  });

  it('gives back the products and suggestions of a reply that was whole at once', () => {
    const whole = message({ items: [{ id: '1', title: 'Hoodie' }], suggestions: ['Is it warm?'] });
    const read = events.decoder(exchange);
    expect(encode(whole).flatMap((one) => [...read(one)])).toMatchObject([
      { event: { message: { items: [{ id: '1', title: 'Hoodie' }], suggestions: ['Is it warm?'] } } },
    ]);
  });

  it('counts everything from the first event to the end as one reply, and the next as another', () => {
    const read = events.decoder(exchange);
    const tell = (fields: object) => [
      ...read({
        id: '1',
        data: JSON.stringify({ chatId, toolName: 'message', content: '', status: 'inProgress', ...fields }),
      }),
    ];
    const told = [
      { eventId: 'a', toolName: 'typing' },
      { eventId: 'b', content: 'Yes' },
      { eventId: 'c', toolName: 'search', status: 'completed' },
      { eventId: 'd', content: 'Yes.', status: 'completed' },
      { eventId: 'e', content: 'And' },
    ].flatMap(tell);
    expect(
      told.map(({ event }) => defined({ type: event.type, replyId: 'replyId' in event ? event.replyId : undefined })),
    ).toEqual([
      { type: 'reply-started', replyId: 'a' },
      { type: 'reply-progress', replyId: 'a' },
      { type: 'reply-progress', replyId: 'a' },
      { type: 'message' },
      { type: 'reply-progress', replyId: 'e' },
    ]);
  });

  it('throws the in-stream failure, which has no place in the feed, and no text of it is for the client', () => {
    const [failure] = events.failure(new GatewayError('upstream-timeout', '10.0.0.1 is slow'), exchange);
    expect(failure).not.toHaveProperty('id');
    expect(failure?.data).not.toContain('10.0.0.1');
    const read = events.decoder(exchange);
    expect(() => [...read(failure ?? expect.fail())]).toThrow(
      expect.objectContaining({ code: 'upstream-failed' }) as Error,
    );
  });

  it.each(['{', '5', '{}', '{"chatId":"c","eventId":"e","toolName":"t","content":"","status":"done"}'])(
    'refuses %s as upstream-protocol',
    (data) => {
      const read = events.decoder(exchange);
      expect(() => [...read({ data })]).toThrow(expect.objectContaining({ code: 'upstream-protocol' }) as Error);
    },
  );
});

describe('how a client of homie follows', () => {
  const decode = (headers: Readonly<Record<string, string>>) =>
    followConversation.request.decode({ params: { chatId }, query: {}, headers, body: undefined }, exchange);

  it.each([undefined, '*/*', 'text/event-stream', 'application/json, text/event-stream', 'text/html'])(
    'is a stream if it accepts %s',
    (accept) => expect(decode(defined({ accept }) as Record<string, string>).delivery).toBe('stream'),
  );

  it.each(['application/json', 'Application/JSON; charset=utf-8', 'application/json, */*'])(
    'is one document if it accepts %s',
    (accept) => expect(decode({ accept }).delivery).toBe('recent'),
  );

  it('goes on after Last-Event-ID; an empty one is none', () => {
    expect(decode({ 'last-event-id': '3-1f0c9a2b.7' }).after).toBe('3-1f0c9a2b.7');
    expect(decode({ 'last-event-id': '' })).not.toHaveProperty('after');
  });

  it('is answered in one document with what the stream would say', () => {
    const response = followConversation.response ?? expect.fail('homie can be polled');
    const entries = [entry(message({ role: 'visitor' })), entry(message({}))];
    expect(response.encode(entries, exchange).body).toEqual(step('message', 'Size L is in stock.', 'completed'));
  });
});
