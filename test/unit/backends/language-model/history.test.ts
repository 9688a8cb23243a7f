import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutHistory, toModelMessages } from '../../../../src/backends/language-model/history.ts';
import { transcriptOfStored } from '../../../../src/backends/transcript.ts';
import type { Message } from '../../../../src/canonical/index.ts';

const said = fc.array(
  fc.record({ role: fc.constantFrom('visitor' as const, 'assistant' as const), text: fc.string() }),
);
const budget = fc.record({ messages: fc.nat(12), characters: fc.nat(60) });

describe('the history that a model is told', () => {
  it('is the end of it, within the budget, and begins with the visitor', () => {
    fc.assert(
      fc.property(said, budget, (past, { messages, characters }) => {
        const told = cutHistory(past, { messages, characters });
        expect(told).toEqual(past.slice(past.length - told.length));
        expect(told.length).toBeLessThanOrEqual(messages);
        expect(told.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(characters);
        expect(told[0]?.role ?? 'visitor').toBe('visitor');
      }),
    );
  });

  it('is as much of it as the budget holds', () => {
    fc.assert(
      fc.property(said, budget, (past, { messages, characters }) => {
        const told = cutHistory(past, { messages, characters });
        // The turn before what is told would have been too much.
        const earlier = past.findLastIndex(({ role }, at) => role === 'visitor' && at < past.length - told.length);
        if (earlier === -1) return;
        const wider = past.slice(earlier);
        const length = wider.reduce((sum, { text }) => sum + text.length, 0);
        expect(wider.length > messages || length > characters).toBe(true);
      }),
    );
  });

  it('takes turns, whoever spoke twice', () => {
    fc.assert(
      fc.property(said, (past) => {
        const images = ['https://shop.example/a.png'];
        const messages = toModelMessages([
          { role: 'assistant', text: '' },
          ...past,
          { role: 'visitor', text: 'now', images },
        ]);
        for (const [at, { role }] of messages.entries()) expect(role).not.toBe(messages[at + 1]?.role);
        expect(messages.at(-1)).toMatchObject({ role: 'user', images });
        expect(messages.slice(0, -1).every((message) => message.role !== 'user' || message.images.length === 0)).toBe(
          true,
        );
      }),
    );
  });

  it('has what operators said and what a visitor broke off, but nothing that failed', () => {
    const message = (role: Message['role'], text: string, status: Message['status'] = 'complete'): Message => ({
      id: 'id',
      conversationId: 'conversation',
      sequence: 1,
      role,
      text,
      items: [],
      suggestions: [],
      attachments: [],
      createdAt: '2026-01-05T10:00:00Z',
      status,
    });
    expect(
      transcriptOfStored([
        message('visitor', 'one'),
        message('assistant', 'half', 'interrupted'),
        message('system', 'An operator has come'),
        message('operator', 'I am Kim'),
        message('visitor', 'two'),
        message('assistant', 'bro', 'failed'),
        { ...message('visitor', ''), attachments: [{ kind: 'image', url: 'https://shop.example/a.png' }] },
      ]),
    ).toEqual([
      { role: 'visitor', text: 'one' },
      { role: 'assistant', text: 'half' },
      { role: 'assistant', text: 'I am Kim' },
      { role: 'visitor', text: 'two' },
      { role: 'visitor', text: '', images: ['https://shop.example/a.png'] },
    ]);
  });
});

describe('neighbours of one role', () => {
  it('are one message, in time that grows as their text does', () => {
    const neighbours = (count: number) =>
      Array.from({ length: count }, (_, at) => ({ role: 'assistant' as const, text: `${at} ${'x'.repeat(80)}` }));
    const [message, ...others] = toModelMessages(neighbours(3));
    expect(message).toMatchObject({ role: 'assistant', text: expect.stringMatching(/^0 x+\n\n1 x+\n\n2 x+$/) });
    expect(others).toEqual([]);
    const spent = Array.from({ length: 3 }, () => {
      const before = process.cpuUsage();
      toModelMessages(neighbours(18_000));
      return process.cpuUsage(before).user / 1_000;
    });
    expect(Math.min(...spent)).toBeLessThan(300); // measured: 10; put together one by one, 15,000
  });
});
