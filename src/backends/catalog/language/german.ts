import type { Phrases, Reason } from './phrases.ts';

const forWords = (words: string): string => (words === '' ? '' : ` zu „${words}“`);

const reasons: { readonly [K in Reason['kind']]: (reason: Extract<Reason, { kind: K }>) => string } = {
  seen: () => 'Sie haben es sich angesehen',
  page: () => 'es ist auf der Seite, auf der Sie gerade sind',
  'in-stock': () => 'es ist auf Lager',
  cheapest: () => 'es hat den niedrigsten Preis von allem, was passt',
  dearest: () => 'es ist das Beste von allem, was passt',
  matches: ({ words }) => `es passt zu „${words}“`,
  budget: ({ amount }) => `es bleibt im Rahmen von ${amount}`,
};

const because = (reason: Reason): string =>
  // The table has each kind's own function, which TypeScript does not follow through the index.
  (reasons[reason.kind] as (reason: Reason) => string)(reason);

/** Everything that is said in German. Titles stand in quotation marks, since their gender is not known. */
export const german: Phrases = {
  language: 'de',
  greeting: 'Hallo! Wie kann ich helfen?',
  thanks: 'Sehr gern! Kann ich sonst noch etwas für Sie nachsehen?',
  goodbye: 'Auf Wiedersehen, und danke für Ihren Besuch!',
  silence: 'Wie kann ich helfen? Sagen Sie mir, was Sie suchen, oder fragen Sie nach einem Produkt.',
  picture: 'Danke für das Bild. Ich kann es leider nicht sehen: Bitte sagen Sie mir in Worten, was Sie suchen.',
  choiceInStock: ({ title, choice, quantity, price }) =>
    `Ja! ${choice} ist für „${title}“ auf Lager${quantity === undefined ? '' : ` (${quantity} Stück)`}.` +
    (price === undefined ? '' : ` Der Preis ist ${price}.`),
  choiceSoldOut: ({ title, choice, listed }) =>
    `Leider haben wir „${title}“ in ${choice} zurzeit nicht.` +
    (listed.length === 0 ? '' : ` Auf Lager: ${listed.join(', ')}.`),
  choiceUnknown: ({ title, choice, listed }) =>
    `Nein, für „${title}“ ist ${choice} nicht verzeichnet. Es gibt: ${listed.join(', ')}.`,
  noChoices: ({ title, choice }) =>
    `Zu „${title}“ ist keine Auswahl verzeichnet, deshalb kann ich ${choice} nicht versprechen.`,
  yes: 'Ja! ',
  size: (value) => `Größe ${value}`,
  stock: {
    'in-stock': ({ title, quantity }) =>
      title === undefined
        ? `Auf Lager${quantity === undefined ? '' : `: ${quantity} Stück`}.`
        : `Wir haben „${title}“ auf Lager${quantity === undefined ? '' : ` (${quantity} Stück)`}.`,
    limited: ({ title, quantity }) =>
      `${title === undefined ? '' : `Wir haben „${title}“ auf Lager, aber nicht mehr viel. `}Es ${quantity === 1 ? 'ist' : 'sind'} nur noch ${quantity ?? 'wenige'} da.`,
    preorder: ({ title }) =>
      `Noch nicht auf Lager, aber ${title === undefined ? 'es' : `„${title}“`} kann vorbestellt werden.`,
    'out-of-stock': ({ title }) => `Leider ist ${title === undefined ? 'es' : `„${title}“`} zurzeit nicht auf Lager.`,
    unknown: ({ title }) => `Der Bestand${title === undefined ? '' : ` von „${title}“`} ist mir nicht bekannt.`,
  },
  brief: {
    'in-stock': 'auf Lager',
    limited: 'nur noch wenige',
    preorder: 'vorbestellbar',
    'out-of-stock': 'nicht auf Lager',
  },
  price: ({ title, price, note }) => `„${title}“ kostet ${price}${note === undefined ? '' : ` (${note})`}.`,
  noPrice: (title) => `Zu „${title}“ habe ich keinen Preis.`,
  by: (brand) => `von ${brand}`,
  details: (pairs) => `Einzelheiten: ${pairs.join('; ')}.`,
  found: ({ words, limits, count }) =>
    count === 1
      ? `Das habe ich${forWords(words)}${limits} gefunden:`
      : `Diese ${count} Produkte habe ich${forWords(words)}${limits} gefunden:`,
  recommended: ({ words, limits }) => `Das empfehle ich${forWords(words)}${limits}:`,
  gifts: () => 'Hier sind ein paar schöne Geschenkideen:',
  cheapest: ({ words, title, price }) => `Der niedrigste Preis${forWords(words)} ist ${price}, für „${title}“.`,
  dearest: ({ words, title, price }) => `Der höchste Preis${forWords(words)} ist ${price}, für „${title}“.`,
  near: (words) => `Genau „${words}“ habe ich nicht gefunden. Am nächsten kommt:`,
  outOfBudget: ({ words, limits }) => `Ich habe nichts${forWords(words)}${limits}. Im Preis kommt am nächsten:`,
  nothing: ({ words, categories }) =>
    `Leider habe ich nichts${forWords(words)} gefunden.${categories === '' ? '' : ` Wir haben ${categories}: Soll ich Ihnen etwas davon zeigen?`}`,
  limits: ({ minimum, maximum }) => {
    if (minimum !== undefined && maximum !== undefined) return ` zwischen ${minimum} und ${maximum}`;
    return minimum === undefined ? (maximum === undefined ? '' : ` bis ${maximum}`) : ` ab ${minimum}`;
  },
  brands: (names) => `Wir führen ${names}.`,
  categories: (names) => `Wir haben ${names}. Was suchen Sie?`,
  comparison: 'Hier ist der Vergleich:',
  cheaperBy: ({ title, difference, other }) => `„${title}“ ist ${difference} günstiger als „${other}“.`,
  samePrice: (titles) => `${titles} kosten gleich viel.`,
  alternatives: (title) => `Das ist „${title}“ am ähnlichsten:`,
  cheaperThan: (title) => `Das kostet weniger als „${title}“:`,
  noCheaper: (title) => `Von dieser Art habe ich nichts, was weniger kostet als „${title}“.`,
  noAlternative: (title) => `Von der Art von „${title}“ habe ich sonst nichts.`,
  more: 'Gern, hier ist mehr dazu:',
  moreOfWhat:
    'Gern! Worüber möchten Sie mehr wissen? Nennen Sie ein Produkt oder ein Thema, zum Beispiel Versand oder Rückgabe.',
  saidAll: 'Mehr weiß ich darüber nicht. Kann ich sonst noch etwas für Sie nachsehen?',
  because: (list) => {
    const sentence = list.map(because).join(', und ');
    return sentence === '' ? '' : `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
  },
  ask: {
    stock: (title) => `Ist ${title} auf Lager?`,
    price: (title) => `Was kostet ${title}?`,
    similar: (title) => `Was ist ähnlich wie ${title}?`,
    category: (name) => `Zeigen Sie mir ${name}`,
    cheapest: 'Was ist am günstigsten?',
  },
};
