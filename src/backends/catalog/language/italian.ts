import { createCues } from './cues.ts';
import { type Phrases, type Speech, wordSet } from './phrases.ts';

const forWords = (words: string): string => (words === '' ? '' : ` per «${words}»`);

const phrases: Phrases = {
  language: 'it',
  greeting: 'Buongiorno! Come posso aiutarla?',
  thanks: 'Con piacere! Posso cercare altro per lei?',
  goodbye: 'Arrivederci, e grazie della visita!',
  silence: 'Come posso aiutarla? Mi dica che cosa cerca, o chieda di un prodotto.',
  picture: 'Grazie per la foto. Non posso vederla: mi dica a parole che cosa cerca.',
  choiceInStock: ({ title, choice, quantity, price }) =>
    `Sì! «${title}» è disponibile in ${choice}${quantity === undefined ? '' : ` (quantità: ${quantity})`}.` +
    (price === undefined ? '' : ` Il prezzo è ${price}.`),
  choiceListed: ({ title, choice }) => `«${title}» è indicato in ${choice}; non ne conosco la giacenza.`,
  choiceSoldOut: ({ title, choice, listed }) =>
    `Mi dispiace, al momento non abbiamo «${title}» in ${choice}.` +
    (listed.length === 0 ? '' : ` Disponibile: ${listed.join(', ')}.`),
  choiceUnknown: ({ title, choice, listed }) =>
    `No, «${title}» non è indicato in ${choice}. C'è: ${listed.join(', ')}.`,
  choiceUnclear: ({ title, choice, listed }) =>
    `Se «${title}» ci sia in ${choice}, non posso dirlo. Indicato: ${listed.join(', ')}.`,
  choiceTooFew: ({ title, choice, quantity }) => `Non ci sono più di ${quantity} pezzi di «${title}» in ${choice}.`,
  noChoices: ({ title, choice }) => `Per «${title}» non sono indicate scelte: non posso promettere ${choice}.`,
  yes: 'Sì! ',
  size: (value) => `taglia ${value}`,
  stock: {
    'in-stock': ({ title, quantity }) =>
      `${title === undefined ? 'È disponibile' : `«${title}» è disponibile`}${quantity === undefined ? '' : ` (quantità: ${quantity})`}.`,
    limited: ({ title, quantity }) =>
      `${title === undefined ? 'È disponibile' : `«${title}» è disponibile`}, ma ne restano pochi${quantity === undefined ? '' : ` (quantità: ${quantity})`}.`,
    preorder: ({ title }) =>
      `Non è ancora disponibile, ma ${title === undefined ? 'si' : `«${title}» si`} può prenotare.`,
    'out-of-stock': ({ title }) =>
      `Mi dispiace, ${title === undefined ? 'al momento' : `«${title}» al momento`} non è disponibile.`,
    unknown: ({ title }) => `Non conosco la giacenza${title === undefined ? '' : ` di «${title}»`}.`,
  },
  brief: {
    'in-stock': 'disponibile',
    limited: 'ne restano pochi',
    preorder: 'prenotabile',
    'out-of-stock': 'esaurito',
  },
  price: ({ title, price, note }) => `«${title}» costa ${price}${note === undefined ? '' : ` (${note})`}.`,
  noPrice: (title) => `Non ho un prezzo per «${title}».`,
  by: (brand) => `di ${brand}`,
  details: (pairs) => `Dettagli: ${pairs.join('; ')}.`,
  stated: ({ title, facts }) => `Di «${title}» il catalogo dice: ${facts.join('; ')}.`,
  unstated: ({ title, words }) => `Il catalogo non dice nulla di «${words}» per «${title}».`,
  whichProduct: 'Di quale prodotto parla? Mi dica il nome.',
  found: ({ words, limits, count }) =>
    `${count === 1 ? 'Ecco che cosa' : `Ecco ${count} prodotti che`} ho trovato${forWords(words)}${limits}:`,
  recommended: ({ words, limits }) => `Ecco che cosa propongo${forWords(words)}${limits}:`,
  gifts: () => 'Ecco qualche idea regalo:',
  cheapest: ({ words, title, price }) => `Il prezzo più basso${forWords(words)} è ${price}, per «${title}».`,
  dearest: ({ words, title, price }) => `Il prezzo più alto${forWords(words)} è ${price}, per «${title}».`,
  unranked: (words) => `Non posso dire con certezza quale sia ${words === '' ? 'quello' : `«${words}»`}:`,
  near: ({ words, missing }) =>
    `Non ho trovato niente che sia esattamente «${words}»${missing === '' ? '' : ` (niente qui nomina «${missing}»)`}. La cosa più vicina:`,
  ignored: (words) => `Non ho potuto tener conto di «${words}».`,
  leftOut: (words) => `Ho lasciato fuori ciò che nomina «${words}».`,
  otherCurrency: ({ asked, ours }) => `I nostri prezzi sono in ${ours} e non converto ${asked}: il limite non vale.`,
  outOfBudget: ({ words, limits }) => `Non ho niente${forWords(words)}${limits}. Il più vicino nel prezzo:`,
  nothing: ({ words, categories }) =>
    `Mi dispiace, non ho trovato niente${forWords(words)}.${categories === '' ? '' : ` Abbiamo ${categories}: le mostro qualcosa?`}`,
  limits: ({ minimum, maximum }) => {
    if (minimum !== undefined && maximum !== undefined) return ` tra ${minimum} e ${maximum}`;
    return minimum === undefined ? (maximum === undefined ? '' : ` fino a ${maximum}`) : ` da ${minimum}`;
  },
  brands: (names) => `Abbiamo ${names}.`,
  categories: (names) => `Abbiamo ${names}. Che cosa cerca?`,
  noAnswer: (words) =>
    `${words === '' ? 'A questo' : `Su «${words}»`} non ho risposta. Chieda, per favore, alle persone del negozio.`,
  nearAnswer: (words) => `Non ho una risposta che parli di «${words}». Quello che ne so:`,
  comparison: 'Ecco il confronto:',
  cheaperBy: ({ title, difference, other }) => `«${title}» costa ${difference} in meno di «${other}».`,
  samePrice: (titles) => `Il prezzo è lo stesso: ${titles}.`,
  alternatives: (title) => `Ecco che cosa somiglia di più a «${title}»:`,
  cheaperThan: (title) => `Questo costa meno di «${title}»:`,
  noCheaper: (title) => `Non ho niente di quel tipo che costi meno di «${title}».`,
  noAlternative: (title) => `Non ho altro del tipo di «${title}».`,
  more: 'Volentieri, ecco altro:',
  moreOfWhat: 'Volentieri! Di che cosa vuole sapere di più? Nomini un prodotto o un tema, come la spedizione o i resi.',
  saidAll: 'È tutto quello che so. Posso cercare altro per lei?',
  reasons: {
    seen: () => 'lei lo ha guardato',
    page: () => 'è nella pagina in cui si trova',
    'in-stock': () => 'è disponibile',
    cheapest: () => 'ha il prezzo più basso di quelli adatti',
    dearest: () => 'ha il prezzo più alto di quelli adatti',
    matches: ({ words }) => `corrisponde a «${words}»`,
    budget: ({ amount }) => `resta entro ${amount}`,
  },
  and: ', e ',
  ask: {
    stock: (title) => `È disponibile ${title}?`,
    similar: (title) => `Che cosa somiglia a ${title}?`,
    category: (name) => `Mi mostri ${name}`,
  },
};

/** Italian. */
export const italian: Speech = {
  phrases,
  grammar: wordSet(`
    il lo la i gli le l un uno una di del dello della dei degli delle d dell da dal dalla a al alla ai alle e ed o ma non senza con per in nel nella nei su sul tra fra fino
    e sono questo questa questi queste quello quella quelli c ci ce cosa che chi quale quali quanto quanta quanti quante come quando dove mio mia miei mie suo sua mi si ti
    vi avete ha ho hai abbiamo ciao buongiorno buonasera salve grazie favore cerco cerca vorrei voglio mostrami mostri qualcosa piu meno anche solo costa costano prezzo taglia
    disponibile sotto negozio niente altro nulla molto ne qual dov`),
  asking: wordSet(`
    essere avere ce vestite fare fate fa viene vengono vende vendete vendono comprare trovare prezzi vale valgono disponibili disponibilita magazzino giacenza resta restano rimasti colore colori
    taglie misura misure numero articolo articoli prodotto prodotti cose tipo genere modello modelli marca marche categoria categorie migliore migliori meglio buono buona bene idea
    idee regalo regali regalare consiglia consigliate consiglio suggerisce economico economica economici economiche caro cara cari care primo prima secondo seconda terzo terza
    qualche alcuni alcune tutto tutti tutte ancora adesso ora davvero veramente attualmente budget massimo minimo eur euro dollari sterline franchi dettaglio dettagli informazioni info
    dica dimmi sapere piacerebbe vedere simile simili alternativa alternative confronta confrontare differenza esiste esistono circa intorno pezzi pezzo esattamente altra altri altre
    mostra mostrare bisogno serve servirebbe pure po entro oltre inferiore superiore trattate tenete proponete offrite posso potete può puo`),
  cues: createCues({
    greeting: 'ciao|buongiorno|buonasera|salve|buon giorno',
    thanks: 'grazie(?: mille)?',
    goodbye: 'arrivederci|addio|a presto|buona giornata',
    elaborate:
      'piu dettagli|saperne di piu|dimmi di piu|mi dica di piu|altre informazioni|spieg\\w+(?: meglio)?|continua',
    compare:
      'o [^?!.]{1,80} (?:piu economic[oa]|costa (?:di )?meno)|(?:meno|piu) car[oaei] (?:di|del|della) (?![\\d$€£])|confront\\w*|paragon\\w*|differenz[ae]|quale (?:e |costa )(?:il |la )?(?:piu|meno)(?: car[oa]| economic[oa])?',
    stock:
      'disponibil[ei]|in magazzino|esaurit[oa]|giacenza|taglie|taglia|misure|quant[ie] (?:ne )?(?:avete|restano)|colori|colore|rest(?:a|ano)|c e (?:anche )?in|(?:lo|la) avete in|l avete in',
    choices: 'tagli[ae]|misur[ae]|numeri|color[ei]',
    price: 'quanto (?:costa|costano|viene|vengono|vale)|costa|costano|prezz[oi]',
    details: 'che cos e|cos e|descri\\w+|dettagli|informazioni|caratteristiche',
    seek: 'avete|vendete|mostr\\w+|cerco|cercando|mi serve|ho bisogno|voglio|vorrei|c e|ci sono|qualcosa|qualche|quali|che cosa|tenete',
    cheapest: '(?:il|la|i|le|lo) (?:\\w+ )?(?:meno car\\w+|piu economic\\w+)|prezzo piu basso',
    dearest: '(?:il|la|i|le|lo) (?:\\w+ )?piu car\\w+|prezzo piu alto',
    cheaper: 'meno car\\w+|piu economic\\w+|a meno',
    similar: 'simil[ei]|somigli\\w*|alternativ[ae]|qualcos altro',
    recommend: 'consigli\\w*|raccomand\\w*|sugger\\w*|miglior[ei]?|buon[oa]?',
    gift: 'regal\\w+|compleanno|natale',
    availableOnly: 'disponibil[ei]|in magazzino|subito|oggi',
    brands: '(?:quali|che|le)\\b.*\\bmarche|marche',
    categories: '(?:che )?cosa (?:vendete|avete in vendita|offrite)|che cosa c e in negozio|categorie|assortimento',
    pointer:
      'lo avete|la avete|l avete|(?:e|ha|viene|costa|pesa|quanto costa|quanto pesa)(?=\\s*(?:$|[?!]|impermeabile|resistente|lavabile|disponibile|anche\\b|in\\b|con\\b|di\\b|fatt))',
    demonstrative: 'questo|questa|questi|queste|quello|quella',
    numbers: 'due tre quattro cinque sei sette otto nove dieci',
    counted: 'articoli|prodotti|cose|regali|idee',
    further: {
      joins: 'e ed ma anche',
      opens:
        'quanto|quanti|quando|dove|avete|ha|hanno|posso|spedite|consegnate|sono|quale|qual e|di che|c e|ce|ci sono',
    },
    affirms: 'sì|no|certo',
    question: '(?:e |ma )?(?:e|sono|ha|puo|quanto|come|di che|che|viene|pesa)',
    quality: '(?:viene|c e|disponibile|(?:lo|la|l) avete|anche|esiste)(?: anche)? in ([a-z]{3,20})',
    oneself: 'per (?:me|noi)',
    recipient: 'per (?:mio|mia|il mio|la mia) ([a-z]+)',
    ordinals: ['prim[oa]', 'second[oa]', 'terz[oa]', 'quart[oa]'],
    topic:
      'pacchett[oi](?: regalo)?|incart\\w*|chius[oi]|chiud\\w*|apr(?:e|ono)|pacco|accett\\w*|sped(?:ite|izion\\w*|ire)|consegn\\w*|inviate|restitu\\w*|res[oi]|rimbors\\w*|cambi(?:o|are)|garanzia|ripar\\w+|pag(?:are|amento|amenti)|fattura|rate|orari|apert[oi]|aprite|codice sconto|sconti?|studenti|newsletter|ordine|tracci\\w*|annull\\w*|ritir\\w*|telefono del|contatt\\w*|assistenza|servizio clienti|parlare con|dogana|prenotare|confezione regalo|lavoro da voi|allineate|pareggiate',
    wholeShop: 'negozio|vend\\w*',
    which: 'quale|quali|qual|che',
    degree: '(?:piu|meno) (?!car[oaei]|economic|di\\b|che\\b)[a-z]{3,}|miglior[ei]?|meglio|maggiore',
    age: '(\\d{1,2}) anni',
    separator: 'e|con|o|tra|fra|che|contro',
    sizeWords: 'tagli[ae]|misur[ae]|numero|del',
    sizeIn: 'in|nella|del',
    prices: {
      between: ['tra|fra|da', 'e|a'],
      atMost:
        'non piu car[oa] di|meno di|sotto(?: i| gli| ai)?|al di sotto di|fino a|massimo|max\\.?|al massimo|non piu di|entro(?: i)?|inferior[ei] a|budget (?:di|e)|a meno di',
      atLeast: 'piu di|sopra(?: i)?|almeno|a partire da|oltre(?: i)?|superior[ei] a|minimo',
      around: 'circa|intorno a(?:i)?|sui|attorno a(?:i)?',
      orLess: 'o meno|al massimo|massimo',
      orMore: 'o piu|in su|minimo',
    },
    negators:
      'niente, nulla, non, senza, tranne, eccetto, ne, nessun, nessuna, escluso, invece di, ma non, che non sia, che non siano, non in, non di',
    joins: 'o e ne',
  }),
};
