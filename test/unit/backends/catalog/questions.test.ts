import { describe, expect, it } from 'vitest';
import { createCatalogBackend, readQuestions } from '../../../../src/backends/catalog/index.ts';
import { createQuestionMatcher } from '../../../../src/backends/catalog/questions.ts';
import { catalogOfRows, fileOf } from '../../catalog/files.ts';
import { visitTo } from './conversation.ts';

const hours = {
  ask: ['What are your business hours?', 'When are you open?'],
  answer: 'From nine to six.',
  more: 'Not on Sundays.',
};
const canada = { ask: ['Do you ship to Canada?'], answer: 'Yes.' };

describe('a question of the list', () => {
  const match = createQuestionMatcher([hours, canada, { ask: ['Versand'], answer: 'Ja.', locale: 'de' }]);

  it.each([
    'What are your business hours?',
    'what are the business hours',
    'Business hours please',
    'what are your busines huors?',
  ])('is known in other words: %s', (text) => {
    const found = match(text, 'en');
    expect(found?.question).toBe(hours);
    expect(found?.certainty).toBeGreaterThan(0.75);
  });

  it('is not taken for another that differs in its telling word', () => {
    expect(match('Do you ship to Mars?', 'en')?.certainty).toBeLessThan(0.75);
    expect(match('Do you have desks?', 'en')?.certainty ?? 0).toBeLessThan(0.55);
  });

  it('is for visitors of its language', () => {
    expect(match('Versand', 'en')).toBeUndefined();
    expect(match('Versand', 'de')?.certainty).toBe(1);
  });
});

describe('a file of questions', () => {
  it('is read as it stands', async () => {
    const file = await fileOf('q.yaml', '- ask: [Hi]\n  answer: Hello\n');
    expect(readQuestions(file)).toEqual([{ ask: ['Hi'], answer: 'Hello' }]);
  });

  it.each([
    ['- ask: []\n  answer: x', /0\.ask must NOT have fewer than 1 items/],
    ['- ask: [a]', /0\.answer must have required property/],
    ['- ask: [a]\n  answer: x\n  anwser: y', /must NOT have additional properties/],
    ['ask: [a', /cannot be read/],
    ['', /the file must be array/],
  ])('that is wrong stops the start and says where: %j', async (content, message) => {
    const file = await fileOf('q.yaml', content);
    expect(() => readQuestions(file)).toThrow(message);
    expect(() => readQuestions(file)).toThrow(file);
  });
});

describe('a shop without a list of questions', () => {
  it('still greets, finds, and says what it has not', async () => {
    const catalog = await catalogOfRows([{ id: '1', title: 'Plain desk' }]);
    const say = visitTo(createCatalogBackend({ name: 'bare', catalog }));
    expect((await say('hi')).text).toBe('Hello there! How can I help?');
    expect((await say('plain desk')).text).toBe(
      'Plain desk. I have no price for the Plain desk. I have no word on the stock.',
    );
    expect((await say('bananas')).text).toBe('Sorry, I could not find anything for “bananas”.');
  });
});
