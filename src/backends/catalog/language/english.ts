import { createCues } from './cues.ts';
import { type Phrases, type Speech, wordSet } from './phrases.ts';

const forWords = (words: string): string => (words === '' ? '' : ` for “${words}”`);

/** Everything that is said in English. */
const phrases: Phrases = {
  language: 'en',
  greeting: 'Hello there! How can I help?',
  thanks: 'You are welcome! Is there anything else I can look up for you?',
  goodbye: 'Goodbye, and thank you for stopping by!',
  silence: 'How can I help? Tell me what you are looking for, or ask about a product.',
  picture: 'Thank you for the picture. I cannot see it, though: please tell me in words what you are looking for.',
  choiceInStock: ({ title, choice, quantity, price }) =>
    `Yes! ${capital(choice)} is in stock for the ${title}${quantity === undefined ? '' : ` (${quantity} left)`}.` +
    (price === undefined ? '' : ` The price is ${price}.`),
  choiceListed: ({ title, choice }) => `${capital(choice)} is listed for the ${title}; I have no word on its stock.`,
  choiceSoldOut: ({ title, choice, listed }) =>
    `Sorry, we have no ${title} in ${choice} at the moment.` +
    (listed.length === 0 ? '' : ` In stock: ${listed.join(', ')}.`),
  choiceUnknown: ({ title, choice, listed }) =>
    `No, I have no ${choice} listed for the ${title}. There is: ${listed.join(', ')}.`,
  choiceUnclear: ({ title, choice, listed }) =>
    `I cannot say whether there is ${choice} for the ${title}. Listed: ${listed.join(', ')}.`,
  choiceTooFew: ({ title, choice, quantity }) =>
    `We have no more than ${quantity} of the ${title} in ${choice} in stock.`,
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
  stated: ({ title, facts }) => `Of the ${title} the catalogue says: ${facts.join('; ')}.`,
  unstated: ({ title, words }) => `The catalogue says nothing of “${words}” for the ${title}.`,
  whichProduct: 'Which product do you mean? Please tell me its name.',
  found: ({ words, limits, count }) =>
    `Here ${count === 1 ? 'is what' : `are ${count} products that`} I found${forWords(words)}${limits}:`,
  recommended: ({ words, limits }) => `Here is what I would recommend${forWords(words)}${limits}:`,
  gifts: (recipient) =>
    recipient === undefined
      ? 'Here are some great gift ideas:'
      : `Here are some great gift ideas for your ${recipient}:`,
  cheapest: ({ words, title, price }) => `The lowest price I have${forWords(words)} is ${price}, for the ${title}.`,
  dearest: ({ words, title, price }) => `The highest price I have${forWords(words)} is ${price}, for the ${title}.`,
  unranked: (words) => `I cannot tell for certain which of these is ${words === '' ? 'it' : `“${words}”`}:`,
  near: ({ words, missing }) =>
    `I found nothing that is exactly “${words}”${missing === '' ? '' : ` (nothing shown says “${missing}”)`}. This comes closest:`,
  ignored: (words) => `I could not take “${words}” into account.`,
  leftOut: (words) => `I left out what names “${words}”.`,
  otherCurrency: ({ asked, ours }) =>
    `Our prices are in ${ours}, and I do not convert ${asked}: the limit is not applied.`,
  outOfBudget: ({ words, limits }) => `I have nothing${forWords(words)}${limits}. This comes closest in price:`,
  nothing: ({ words, categories }) =>
    `Sorry, I could not find anything${forWords(words)}.${categories === '' ? '' : ` We do have ${categories}: shall I show you some?`}`,
  limits: ({ minimum, maximum }) => {
    if (minimum !== undefined && maximum !== undefined) return ` between ${minimum} and ${maximum}`;
    return minimum === undefined ? (maximum === undefined ? '' : ` up to ${maximum}`) : ` from ${minimum}`;
  },
  brands: (names) => `We carry ${names}.`,
  categories: (names) => `We have ${names}. What are you looking for?`,
  noAnswer: (words) =>
    `I have no answer ${words === '' ? 'to that' : `about “${words}”`}. Please ask the people of the shop.`,
  nearAnswer: (words) => `I have no answer that speaks of “${words}”. What I know of it:`,
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
  reasons: {
    seen: () => 'you have looked at it',
    page: () => 'it is on the page you are on',
    'in-stock': () => 'it is in stock',
    cheapest: () => 'it has the lowest price of those that fit',
    dearest: () => 'it has the highest price of those that fit',
    matches: ({ words }) => `it fits “${words}”`,
    budget: ({ amount }) => `it is within ${amount}`,
  },
  and: ', and ',
  ask: {
    stock: (title) => `Do you have the ${title} in stock?`,
    similar: (title) => `What is similar to the ${title}?`,
    category: (name) => `Show me ${name}`,
  },
};

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** English. */
export const english: Speech = {
  phrases,
  grammar: wordSet(`
    the a an is are was be been your you my our we i im id ive he she they them their his her it its this that these those do does did has have had can could
    would will what which how who where when why much many of for with without and or but not no from to in on at by about as if than then there here
    any some all please hello hi hey thanks thank looking need want show me find good morning yes only still also too very just isnt dont doesnt arent nothing
    got get buy like tell us more cheapest cheaper expensive under over less between stock size`),
  asking: wordSet(`
    ok okay well so really actually currently now today right left sell sells sold offer carry stock available availability cost costs price prices priced
    pricing cheap cheapest cheaper expensive affordable dearest most least lowest highest best better recommend suggest suggestion advise idea ideas item items
    product products thing things stuff something anything everything kind kinds type types sort one ones other another else similar alternative alternatives
    compare comparison difference gift gifts present presents looking look search see buying order purchase interested wondering know tell show give help maybe
    lot lots many much few several pair set up down out off around under over below above between within budget euro euros eur dollar dollars usd pound pounds
    first second third fourth last size sizes colour colours color colors come comes coming description describe specs features elaborate details detail
    information info brand brands category categories quantity pieces piece models model options option choose choice range nice great love
    wanted would should might shall let lets let's name named called does isn it's there's go only nothing please thanks hello hi hey good new shop store
    u ur pls plz nevermind already then though besten yes whats thats id im ive youre dont doesnt didnt isnt arent hasnt havent wont cant next made pay paying worth bigger exactly ship someone`),
  cues: createCues({
    greeting: 'hi|hello|hey|hiya|greetings|good (?:morning|afternoon|evening|day)',
    thanks: 'thanks?|thank you|thx|cheers|much appreciated',
    goodbye: 'bye|goodbye|see you|have a (?:nice|good) (?:day|one)',
    elaborate:
      'elaborate|tell me more|more (?:details?|info|information)|go on|explain (?:that|this|it|more|further)|expand on|in more detail|say more|what do you mean|continue',
    compare:
      'or [^?!.]{1,80} (?:cheaper|more expensive)|(?:cheaper|more expensive|dearer) than (?![\\d$€£])|whats? (?:is )?(?:cheaper|more expensive)|compare|comparison|versus|vs|differences?|which (?:one )?is (?:the )?(?:cheaper|better|more expensive)',
    stock:
      'in stock|stock|availab\\w+|sold out|comes? in|in size|sizes?|any left|how many|colou?rs?|have (?:it|this|that|them)(?: \\w+)? in',
    choices: 'sizes?|colou?rs?',
    price: 'how much(?! (?:does|do|is|are) \\w+( \\w+)* (?:weigh|hold))|prices?|priced|costs?',
    details: 'about|what is|whats|describe|description|details?|information|features?|specs?|explain',
    seek: 'do you (?:have|sell|carry|stock|offer)|have you got|got any|show me|looking for|search(?:ing)? for|i need|i want|id like|find me|are there|is there|any|something|anything|which|what',
    cheapest: 'cheapest|least expensive|lowest (?:price|cost|priced)|most affordable',
    dearest: 'most expensive|priciest|dearest|highest price',
    cheaper: 'cheaper|less expensive|costs? less|more affordable',
    similar: 'similar|alternatives?|something else|anything else|others? like|more like',
    recommend: 'recommend\\w*|suggest\\w*|advise|what should|which .* should|best|good',
    gift: 'gifts?|presents?|birthday|christmas|anniversary',
    availableOnly: 'in stock|available|right now|today',
    brands: '(?:which|what|list|show|all)\\b.*\\b(?:brands?|manufacturers?|makers?)',
    categories:
      'what (?:all |else )?(?:do you|can i|else do you) (?:sell|have|offer|buy|carry)|categories|assortment|product range|whats in the shop',
    pointer: 'it|its|them|they',
    demonstrative: 'this|these|those|(?:is|does|do|has|have|about|like|of|with|can) that(?: one)?|that one',
    numbers: 'two three four five six seven eight nine ten',
    counted:
      'items?|things?|products?|pieces?|pcs|gifts?|presents?|ideas?|options?|of (?:them|these|those|it|the|your)',
    further: {
      joins: 'and but also plus so',
      opens:
        'how (?:much|many|heavy|big|long|tall|wide|old|is|are|does|do|can)|when|where|do (?:you|they|these|those)|does|is (?:it|the|there|this|that|a|your)|are (?:they|the|there|these|those|you)|can (?:i|you|it|they)|could (?:i|you)|will|has it|have you|what (?:is|are|does|do|size|colou?r|material)|whats',
    },
    affirms: 'yes|no|sure|of course',
    question: '(?:and |but |so )?(?:is|are|does|do|how|can|will|has|have|was|whats?|which)',
    quality:
      '(?:comes?|have (?:it|this|that|them)|available|get (?:it|this|that|them)|(?:it|this|that) in)(?: \\w+)? in (?:the colou?r )?([a-z]{3,20})',
    oneself: 'for (?:me|myself|us)',
    recipient: 'for (?:my|our) ((?:[a-z]+[ -])?[a-z]+)',
    ordinals: ['first|1st', 'second|2nd', 'third|3rd', 'fourth|4th'],
    topic:
      'accept|physical (?:store|shop)|stores? (?:in|near)|branch|clos(?:e|ed|es|ing)|opening|sale items?|gift[- ]?wrapp?\\w*|pick (?:it|this|that|them) up|order status|where is my|promo\\w*|parcels?|packages?|price match\\w*|match (?:the |a |my )?prices?|ship(?:s|ping|ped)?(?! box)|deliver(?:y|s|ed|ies)?|returns?|refunds?|exchange|warranty|guarantee|repairs?|pay(?:ment)? (?:by|with|in|methods?|later)|instal?ments|invoice|opening hours|open on|discount|coupon|voucher code|student|newsletter|loyalty|gift wrap\\w*|track(?:ing)?|my order|cancel|pick ?up|collect|phone number|contact|customer service|speak to|jobs?|hiring|wholesale|trade[- ]in|customs|reserve|layaway|finance|vat|tax free',
    wholeShop: 'things?|anything|everything|items?|you have|shop|store|sell|carry|stock|overall',
    which: 'which|what(?:s| is| are)',
    degree:
      'light(?:er|est)|heav(?:ier|iest)|wid(?:er|est)|narrow(?:er|est)|tall(?:er|est)|high(?:er|est)|short(?:er|est)|long(?:er|est)|bigg(?:er|est)|larg(?:er|est)|small(?:er|est)|thick(?:er|est)|thinn(?:er|est)|deep(?:er|est)|warm(?:er|est)|fast(?:er|est)|strong(?:er|est)|soft(?:er|est)|quiet(?:er|est)|bright(?:er|est)|new(?:er|est)|more|most|better|best',
    age: '(\\d{1,2})[- ]?(?:years?|yrs?|yo)(?:[- ]?olds?)?|aged? (\\d{1,2})',
    separator: 'and|with|to|vs|versus|or|between|than',
    sizeWords: 'sizes?',
    sizeIn: 'in(?: an?)?|an?',
    prices: {
      between: ['between|from', 'and|to'],
      atMost:
        'not more expensive than|no more than|under|below|less than|up to|at most|max(?:imum|\\.)?(?: of)?|not more than|cheaper than|within|budget (?:of|is)|not over|spend',
      atLeast: 'over|above|more than|at least|from|min(?:imum)?(?: of)?|starting at',
      around: 'around|about|roughly|approximately|circa',
      orLess: 'or less|or under|or below|max(?:imum)?|at most|tops',
      orMore: 'or more|and up|and above|minimum|at least',
    },
    negators:
      'nothing, arent, that isnt, not, no, without, except, except for, excluding, other than, anything but, everything but, dont want, do not want, non, not in, nothing with, no more, rather than, instead of, neither',
    joins: 'or and nor',
  }),
};
