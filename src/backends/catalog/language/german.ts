import { createCues } from './cues.ts';
import { type Phrases, type Speech, wordSet } from './phrases.ts';

const forWords = (words: string): string => (words === '' ? '' : ` zu „${words}“`);

/** Everything that is said in German. Titles stand in quotation marks, since their gender is not known. */
const phrases: Phrases = {
  language: 'de',
  greeting: 'Hallo! Wie kann ich helfen?',
  thanks: 'Sehr gern! Kann ich sonst noch etwas für Sie nachsehen?',
  goodbye: 'Auf Wiedersehen, und danke für Ihren Besuch!',
  silence: 'Wie kann ich helfen? Sagen Sie mir, was Sie suchen, oder fragen Sie nach einem Produkt.',
  picture: 'Danke für das Bild. Ich kann es leider nicht sehen: Bitte sagen Sie mir in Worten, was Sie suchen.',
  choiceInStock: ({ title, choice, quantity, price }) =>
    `Ja! ${choice} ist für „${title}“ auf Lager${quantity === undefined ? '' : ` (${quantity} Stück)`}.` +
    (price === undefined ? '' : ` Der Preis ist ${price}.`),
  choiceListed: ({ title, choice }) => `${choice} ist für „${title}“ verzeichnet; den Bestand davon kenne ich nicht.`,
  choiceSoldOut: ({ title, choice, listed }) =>
    `Leider haben wir „${title}“ in ${choice} zurzeit nicht.` +
    (listed.length === 0 ? '' : ` Auf Lager: ${listed.join(', ')}.`),
  choiceUnknown: ({ title, choice, listed }) =>
    `Nein, für „${title}“ ist ${choice} nicht verzeichnet. Es gibt: ${listed.join(', ')}.`,
  choiceUnclear: ({ title, choice, listed }) =>
    `Ob es „${title}“ in ${choice} gibt, kann ich nicht sagen. Verzeichnet ist: ${listed.join(', ')}.`,
  choiceTooFew: ({ title, choice, quantity }) => `Von „${title}“ in ${choice} sind nur ${quantity} Stück auf Lager.`,
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
  stated: ({ title, facts }) => `Zu „${title}“ steht im Katalog: ${facts.join('; ')}.`,
  unstated: ({ title, words }) => `Der Katalog sagt zu „${title}“ nichts über „${words}“.`,
  whichProduct: 'Welches Produkt meinen Sie? Bitte nennen Sie mir seinen Namen.',
  found: ({ words, limits, count }) =>
    count === 1
      ? `Das habe ich${forWords(words)}${limits} gefunden:`
      : `Diese ${count} Produkte habe ich${forWords(words)}${limits} gefunden:`,
  recommended: ({ words, limits }) => `Das empfehle ich${forWords(words)}${limits}:`,
  gifts: () => 'Hier sind ein paar schöne Geschenkideen:',
  cheapest: ({ words, title, price }) => `Der niedrigste Preis${forWords(words)} ist ${price}, für „${title}“.`,
  dearest: ({ words, title, price }) => `Der höchste Preis${forWords(words)} ist ${price}, für „${title}“.`,
  unranked: (words) => `Welches davon ${words === '' ? 'es' : `„${words}“`} ist, kann ich nicht sicher sagen:`,
  near: ({ words, missing }) =>
    `Genau „${words}“ habe ich nicht gefunden${missing === '' ? '' : ` (nichts davon nennt „${missing}“)`}. Am nächsten kommt:`,
  ignored: (words) => `„${words}“ konnte ich nicht berücksichtigen.`,
  leftOut: (words) => `Was „${words}“ nennt, habe ich weggelassen.`,
  otherCurrency: ({ asked, ours }) =>
    `Unsere Preise sind in ${ours}, und ich rechne ${asked} nicht um: Die Grenze gilt hier nicht.`,
  outOfBudget: ({ words, limits }) => `Ich habe nichts${forWords(words)}${limits}. Im Preis kommt am nächsten:`,
  nothing: ({ words, categories }) =>
    `Leider habe ich nichts${forWords(words)} gefunden.${categories === '' ? '' : ` Wir haben ${categories}: Soll ich Ihnen etwas davon zeigen?`}`,
  limits: ({ minimum, maximum }) => {
    if (minimum !== undefined && maximum !== undefined) return ` zwischen ${minimum} und ${maximum}`;
    return minimum === undefined ? (maximum === undefined ? '' : ` bis ${maximum}`) : ` ab ${minimum}`;
  },
  brands: (names) => `Wir führen ${names}.`,
  categories: (names) => `Wir haben ${names}. Was suchen Sie?`,
  noAnswer: (words) =>
    `${words === '' ? 'Darauf' : `Zu „${words}“`} habe ich keine Antwort. Bitte fragen Sie die Leute vom Laden.`,
  nearAnswer: (words) => `Eine Antwort, die von „${words}“ spricht, habe ich nicht. Was ich dazu weiß:`,
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
  reasons: {
    seen: () => 'Sie haben es sich angesehen',
    page: () => 'es ist auf der Seite, auf der Sie gerade sind',
    'in-stock': () => 'es ist auf Lager',
    cheapest: () => 'es hat den niedrigsten Preis von allem, was passt',
    dearest: () => 'es hat den höchsten Preis von allem, was passt',
    matches: ({ words }) => `es passt zu „${words}“`,
    budget: ({ amount }) => `es bleibt im Rahmen von ${amount}`,
  },
  and: ', und ',
  ask: {
    stock: (title) => `Ist ${title} auf Lager?`,
    similar: (title) => `Was ist ähnlich wie ${title}?`,
    category: (name) => `Zeigen Sie mir ${name}`,
  },
};

/** German. */
export const german: Speech = {
  phrases,
  joinsNouns: true,
  hasCapitalNouns: true,
  grammar: wordSet(`
    der die das beim den dem des ein eine einen einem einer eines ist sind war ihr euch sie er es wir ich mir mich mein meine meinen meinem meiner uns unser habt haben
    habe gibt kann koennen koennt was welche welcher welches welchen wie viel viele fuer mit ohne und oder aber nicht kein keine keinen auf aus in im am an bei
    von vom zu zum zur ueber unter bis ab zeig zeigt zeigen bitte hallo suche suchen danke wo wann wer warum kostet kosten noch auch nur etwas alles nach ins
    hoechstens maximal dieser dieses diese diesen diesem moechte will brauche guten tag morgen groesse so als wenn dass sich man da hier dort ja nein gern gerne sehr moin`),
  asking: wordSet(`hat lange gibts bleibt nehmt nimmt habts waers
    aehnlich aehnliches aehnliche aehnlicher aehnlichen billig billiger billigste billigsten billigstes guenstigeres guenstigere guenstigsten guenstiges teurer teures farbe farben
    groesse groessen groesser auswahl erste ersten zweite zweiten dritte dritten vierte welche was marke marken kategorie kategorien stueck mal lager verfuegbar
    vorraetig lieferbar ausverkauft artikel ding dinge anderes andere anderen anderer sonst mehr weniger hoechstens maximal mindestens preislich euro eur dollar franken
    pfund geschenkidee geschenkideen weihnachtsgeschenk geburtstagsgeschenk geburtstag sagen sagt hoch empfehlung vergleich unterschied guenstigstes teuerstes
    fuehrt fuehren verkaufen verkauft verkaufe biete bietet anbieten ware schau gucken wirklich eigentlich denn vielleicht eher lieber jetzt heute momentan gerade passend passende
    passt passen kommt kommen gehen geht hergestellt gemacht besteht ausgelegt laeuft koennte wuerde haette sei sollte steht zeigen nenn nennen erzaehl beschreib beschreibung
    details info infos fragen frage waere wert lieferung davon dazu darin dafuer damit ihn ihm ihnen sowas paar anzeigen preisgrenze budget netter nettes`),
  cues: createCues({
    greeting: 'hallo|hi|hey|moin|servus|guten (?:morgen|tag|abend)|gruess (?:gott|dich|euch)|gruezi',
    thanks: 'danke|dankeschoen|vielen dank|merci',
    goodbye: 'tschuess|tschuss|auf wiedersehen|bis bald|ciao|schoenen tag',
    elaborate:
      'mehr (?:dazu|darueber|davon|details|infos?|informationen)|genauer|ausfuehrlicher|naeher erklaeren|erklaer\\w* (?:das|es|mir das)|weiter|erzaehl\\w* mehr',
    compare:
      'oder [^?!.]{1,80} (?:guenstiger|billiger|teurer)|(?:guenstiger|billiger|teurer) als (?![\\d$€£])|vergleich\\w*|unterschied\\w*|gegenueber|(?:was|welche[rs]?) (?:davon )?ist (?:guenstiger|billiger|besser|teurer)',
    stock:
      'auf lager|lager|verfuegbar|vorraetig|lieferbar|ausverkauft|groessen?|wie viele|farben?|gibt es (?:das|den|die|ihn|sie|es|noch)|(?:das|den|die|ihn|es) (?:auch |noch )?in',
    choices: 'groessen?|farben?',
    price: 'wie ?viel kostet|was kostet|was kosten|kostet|kosten|preise?|wie teuer',
    details: 'ueber|was ist|beschreib\\w*|details?|einzelheiten|informationen|eigenschaften|erklaer\\w*',
    seek: 'habt ihr|haben sie|fuehrt ihr|fuehren sie|verkauft ihr|verkaufen sie|gibt es|gibts|zeig\\w*|suche?|ich brauche|ich moechte|ich will|etwas|irgendwas|welche|welches|welcher|was',
    cheapest: 'guenstigst\\w*|billigst\\w*|preiswertest\\w*|niedrigste\\w* preis',
    dearest: 'teuerst\\w*|hoechste\\w* preis',
    cheaper: 'guenstiger\\w*|billiger\\w*|preiswerter\\w*',
    similar: 'aehnlich\\w*|alternativen?|etwas anderes|was anderes',
    recommend: 'empfehl\\w*|empfiehl\\w*|vorschlag\\w*|vorschlaeg\\w*|rat\\w*|beste[rsn]?',
    gift: 'geschenk\\w*|geburtstag\\w*|weihnacht\\w*|mitbringsel',
    availableOnly: 'auf lager|verfuegbar|lieferbar|vorraetig|sofort|heute',
    brands: 'marken|hersteller',
    categories: 'was (?:habt ihr|haben sie|verkauft ihr|verkaufen sie|gibt es bei)|kategorien|sortiment',
    pointer:
      '(?:ist|hat|kann|kostet|wiegt|passt|kommt|haelt|wird|darf|besteht|laeuft|habt ihr|haben sie|gibt es|gibts) (?:er|es|ihn)|(?:ist|hat|kostet|passt|wiegt) sie|ihn|davon',
    demonstrative: 'das|diese[nmrs]?|dies|den hier|(?:ist|kostet|gibt es|habt ihr|haben sie|gibts) (?:den|die|der)',
    numbers: 'zwei drei vier fuenf sechs sieben acht neun zehn',
    counted: 'artikel|produkte|sachen|dinge|stueck|geschenke|ideen|davon',
    further: {
      joins: 'und aber ausserdem',
      opens:
        'wie (?:viel|teuer|schwer|gross|lang|hoch|breit|lange|ist|sind)|wieviel|was kost\\w*|wann|wo|woraus|aus was|gibt (?:es|s)|gibts|hat|haben|habt|ist|sind|kann|koennen|kommt|versendet|verschickt|liefert|wird|welche (?:farbe|groesse|material)\\w*',
    },
    affirms: 'ja|nein|natuerlich|natürlich|klar',
    question: '(?:und |aber )?(?:ist|sind|hat|wie|kann|passt|wird|wiegt|haelt|besteht|was|welche\\w*|laeuft|aus was)',
    quality: '(?:auch|es|das|den|ihn|die|noch) in ([a-z]{3,20})',
    oneself: 'fuer (?:mich|uns)',
    recipient: 'fuer (?:meine|meinen|unsere|unseren) ([a-z]+)',
    ordinals: ['erste[nrs]?', 'zweite[nrs]?', 'dritte[nrs]?', 'vierte[nrs]?'],
    topic:
      'verpack(?:en|t|ung)|offen|oeffnet|oeffnen|schliesst|filiale|rabattcode|altgeraet\\w*|sendung\\w*|paket|akzeptier\\w*|preisgarantie|bestpreis\\w*|versand\\w*|versend\\w*|liefer(?:t|n|ung|zeit|kosten|st)|verschick\\w*|schickt|rueckgabe|zurueck(?:geben|schicken|senden)|retour\\w*|umtausch\\w*|erstatt\\w*|garantie|gewaehrleistung|reparatur\\w*|reparier\\w*|rechnung|raten\\w*|bezahl\\w*|zahlung\\w*|zahlen|oeffnungszeiten|geoeffnet|rabatt\\w*|gutscheincode|studenten\\w*|newsletter|bestellung|stornier\\w*|abhol\\w*|telefonnummer|kontakt|kundendienst|kundenservice|sprechen|(?<!\\d )(?<!\\d)zoll(?:gebuehren|kosten)?|reservier\\w*|stellenangebot\\w*|geschenkverpackung|einpacken',
    wholeShop: 'laden|shop|verkauf\\w*|sortiment|insgesamt|von allem|ihr habt',
    which: 'welche[rsmn]?|was',
    degree:
      '(?:leicht|schwer|breit|schmal|hoeh|laeng|kuerz|groess|klein|dick|duenn|tief|waerm|schnell|staerk|weich|leis|hell|neu|aelt)er(?:e[nrs]?)?|(?:leicht|schwer|breit|schmal|hoech|laeng|kuerz|groess|klein|dick|duenn|tief|waerm|schnell|staerk|weich|leis|hell|neu|aelt)e?s?te[nrsm]?|mehr|meisten|besser\\w*|beste[nrs]?',
    age: '(\\d{1,2})[- ]?jaehrig\\w*|(\\d{1,2}) jahren?(?: alt)?|(\\d{1,2}) jahre alt',
    separator: 'und|mit|zu|zum|zur|oder|zwischen|als|gegenueber',
    sizeWords: 'groessen?|gr\\.?|schuhgroesse|kleidergroesse',
    sizeIn: 'in',
    prices: {
      between: ['zwischen|von', 'und|bis'],
      atMost:
        'nicht teurer als|unter|bis zu|bis|hoechstens|maximal|max\\.?|weniger als|guenstiger als|billiger als|nicht mehr als|nicht ueber|budget (?:von|ist|liegt bei)',
      atLeast: 'ueber|ab|mehr als|mindestens|von',
      around: 'um(?: die)?|etwa|ungefaehr|circa|ca\\.?|rund',
      orLess: 'oder weniger|oder darunter|hoechstens|maximal|max\\.?',
      orMore: 'oder mehr|aufwaerts|mindestens',
    },
    negators:
      'nichts, nicht, kein, keine, keinen, keiner, keinem, ohne, ausser, bloss nicht, nicht aus, statt, anstatt, nur nicht',
    joins: 'oder und noch',
  }),
};
