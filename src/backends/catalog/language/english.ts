import type { Phrases, Reason } from './phrases.ts';

const forWords = (words: string): string => (words === '' ? '' : ` for “${words}”`);

const reasons: { readonly [K in Reason['kind']]: (reason: Extract<Reason, { kind: K }>) => string } = {
  seen: () => 'you have looked at it',
  page: () => 'it is on the page you are on',
  'in-stock': () => 'it is in stock',
  cheapest: () => 'it has the lowest price of those that fit',
  dearest: () => 'it is the top of those that fit',
  matches: ({ words }) => `it fits “${words}”`,
  budget: ({ amount }) => `it is within ${amount}`,
};

const because = (reason: Reason): string =>
  // The table has each kind's own function, which TypeScript does not follow through the index.
  (reasons[reason.kind] as (reason: Reason) => string)(reason);

/** Everything that is said in English. */
export const english: Phrases = {
  language: 'en',
  greeting: 'Hello there! How can I help?',
  thanks: 'You are welcome! Is there anything else I can look up for you?',
  goodbye: 'Goodbye, and thank you for stopping by!',
  silence: 'How can I help? Tell me what you are looking for, or ask about a product.',
  picture: 'Thank you for the picture. I cannot see it, though: please tell me in words what you are looking for.',
  choiceInStock: ({ title, choice, quantity, price }) =>
    `Yes! ${capital(choice)} is in stock for the ${title}${quantity === undefined ? '' : ` (${quantity} left)`}.` +
    (price === undefined ? '' : ` The price is ${price}.`),
  choiceSoldOut: ({ title, choice, listed }) =>
    `Sorry, we have no ${title} in ${choice} at the moment.` +
    (listed.length === 0 ? '' : ` In stock: ${listed.join(', ')}.`),
  choiceUnknown: ({ title, choice, listed }) =>
    `No, I have no ${choice} listed for the ${title}. There is: ${listed.join(', ')}.`,
  noChoices: ({ title, choice }) => `I have no choices listed for the ${title}, so I cannot promise ${choice}.`,
  yes: 'Yes! ',
  size: (value) => `size ${value}`,
  // Titles may be singular or plural: no verb follows them.
  stock: {
    'in-stock': ({ title, quantity }) =>
      title === undefined
        ? `We have ${quantity ?? 'it'} in stock.`
        : `We have the ${title} in stock${quantity === undefined ? '' : ` (${quantity} available)`}.`,
    limited: ({ title, quantity }) =>
      title === undefined
        ? `Only ${quantity ?? 'a few'} left in stock.`
        : `We have the ${title} in stock, but only ${quantity ?? 'a few'} left.`,
    preorder: ({ title }) => `Not in stock yet, but you can pre-order ${title === undefined ? 'it' : `the ${title}`}.`,
    'out-of-stock': ({ title }) =>
      `Sorry, we have ${title === undefined ? 'none' : `no ${title}`} in stock at the moment.`,
    unknown: ({ title }) => `I have no word on the stock${title === undefined ? '' : ` of the ${title}`}.`,
  },
  brief: { 'in-stock': 'in stock', limited: 'only a few left', preorder: 'pre-order', 'out-of-stock': 'out of stock' },
  price: ({ title, price, note }) => `The price of the ${title} is ${price}${note === undefined ? '' : ` (${note})`}.`,
  noPrice: (title) => `I have no price for the ${title}.`,
  by: (brand) => `by ${brand}`,
  details: (pairs) => `Details: ${pairs.join('; ')}.`,
  found: ({ words, limits, count }) =>
    `Here ${count === 1 ? 'is what' : `are ${count} products that`} I found${forWords(words)}${limits}:`,
  recommended: ({ words, limits }) => `Here is what I would recommend${forWords(words)}${limits}:`,
  gifts: (recipient) =>
    recipient === undefined
      ? 'Here are some great gift ideas:'
      : `Here are some great gift ideas for your ${recipient}:`,
  cheapest: ({ words, title, price }) => `The lowest price I have${forWords(words)} is ${price}, for the ${title}.`,
  dearest: ({ words, title, price }) => `The highest price I have${forWords(words)} is ${price}, for the ${title}.`,
  near: (words) => `I found nothing that is exactly “${words}”. This comes closest:`,
  outOfBudget: ({ words, limits }) => `I have nothing${forWords(words)}${limits}. This comes closest in price:`,
  nothing: ({ words, categories }) =>
    `Sorry, I could not find anything${forWords(words)}.${categories === '' ? '' : ` We do have ${categories}: shall I show you some?`}`,
  limits: ({ minimum, maximum }) => {
    if (minimum !== undefined && maximum !== undefined) return ` between ${minimum} and ${maximum}`;
    return minimum === undefined ? (maximum === undefined ? '' : ` up to ${maximum}`) : ` from ${minimum}`;
  },
  brands: (names) => `We carry ${names}.`,
  categories: (names) => `We have ${names}. What are you looking for?`,
  comparison: 'Here is how they compare:',
  cheaperBy: ({ title, difference, other }) => `The price of the ${title} is ${difference} below that of the ${other}.`,
  samePrice: (titles) => `The price is the same for ${titles}.`,
  alternatives: (title) => `If you like the ${title}, these are close to it:`,
  cheaperThan: (title) => `These cost less than the ${title}:`,
  noCheaper: (title) => `I have nothing of that kind that costs less than the ${title}.`,
  noAlternative: (title) => `I have nothing else of the kind of the ${title}.`,
  more: 'Gladly, here is more:',
  moreOfWhat: 'Gladly! What would you like to know more about? Name a product or a topic, such as shipping or returns.',
  saidAll: 'That is all I know about it. Is there anything else I can look up for you?',
  because: (list) => {
    const sentence = list.map(because).join(', and ');
    return sentence === '' ? '' : `${capital(sentence)}.`;
  },
  ask: {
    stock: (title) => `Do you have the ${title} in stock?`,
    price: (title) => `What is the price of the ${title}?`,
    similar: (title) => `What is similar to the ${title}?`,
    category: (name) => `Show me ${name}`,
    cheapest: 'What is the cheapest?',
  },
};

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
