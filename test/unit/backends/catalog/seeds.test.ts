import { beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../../../src/backends/backend.ts';
import { batchesOf, openDemoBackend, turnOf, visitTo } from './conversation.ts';

/** Every message that the documents show, asked of the demo. */
describe('the demo answers what is documented', () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await openDemoBackend();
  });

  it('homie: Does the blue hoodie come in size L?', async () => {
    const reply = await visitTo(backend)('Does the blue hoodie come in size L?', {
      pageUrl: 'https://store.com/products/blue-hoodie',
    });
    expect(reply.text).toMatch(/^Yes! Size L is in stock/);
    expect(reply.items).toHaveLength(1);
    expect(reply.items[0]).toMatchObject({ id: '1234567890123', price: '59.99', currency: 'EUR', quantity: 12 });
  });

  it('item-discovery: Which desk would you recommend for heavy tools?', async () => {
    const at = (type: string) => ({ timestamp: '2024-06-14T10:00:00Z', type, itemId: 'ST678VG' });
    const reply = await visitTo(backend)('Which desk would you recommend for heavy tools?', {
      activity: [at('browse'), at('click')],
    });
    expect(reply.items[0]).toMatchObject({
      id: 'ST678VG',
      query: 'desk heavy tools',
      recommendation: 'You have looked at it, and it fits “desk heavy tools”, and it is in stock.',
    });
    expect(reply.text).toContain('Itelio workshop desk');
  });

  it('item-discovery: I am looking for a birthday gift for my dad', async () => {
    const reply = await visitTo(backend)('I am looking for a birthday gift for my dad');
    expect(reply.text).toMatch(/^Here are some great gift ideas for your dad/);
    expect(reply.items.map(({ id }) => id)).toContain('ST678VG');
  });

  it('agent-slug: What are your business hours? Can you elaborate on that?', async () => {
    const say = visitTo(backend);
    expect((await say('What are your business hours?')).text).toContain('9 am to 6 pm');
    expect((await say('Can you elaborate on that?')).text).toContain('public holidays');
    expect((await say('Can you elaborate on that?')).text).toMatch(/^That is all I know/);
  });

  it('agent-slug: Can you elaborate on that? as the first message', async () => {
    expect((await visitTo(backend)('Can you elaborate on that?')).text).toMatch(
      /^Gladly! What would you like to know more/,
    );
  });

  it('agent-slug: Tell me a long story, as a long stream', async () => {
    const batches = await batchesOf(backend, turnOf('Tell me a long story'));
    expect(batches.length).toBeGreaterThan(50);
    expect(batches.flat().filter(({ type }) => type === 'text-delta').length).toBeGreaterThan(400);
  });

  it('agent-slug: Hello, word by word', async () => {
    const events = (await batchesOf(backend, turnOf('Hello'))).flat();
    const deltas = events.flatMap((event) => (event.type === 'text-delta' ? [event.text] : []));
    expect(deltas).toEqual(['Hello', ' there!', ' How', ' can', ' I', ' help?']);
  });

  it('agent-slug: Follow-up question', async () => {
    const say = visitTo(backend);
    await say('Hello');
    expect((await say('Follow-up question')).text).toMatch(/^Of course, go ahead!/);
  });

  it('agent-slug: Your message text here', async () => {
    expect((await visitTo(backend)('Your message text here')).text).toMatch(/^Your message has arrived/);
  });

  it('widget: Do you ship to Canada?', async () => {
    expect((await visitTo(backend)('Do you ship to Canada?', { locale: 'en' })).text).toMatch(/^Yes, we do\. /);
  });
});
