import { createCues } from './cues.ts';
import { type Phrases, type Speech, wordSet } from './phrases.ts';

const forWords = (words: string): string => (words === '' ? '' : ` voor “${words}”`);

const phrases: Phrases = {
  language: 'nl',
  greeting: 'Hallo! Waarmee kan ik helpen?',
  thanks: 'Graag gedaan! Kan ik nog iets voor u opzoeken?',
  goodbye: 'Tot ziens, en bedankt voor uw bezoek!',
  silence: 'Waarmee kan ik helpen? Vertel me wat u zoekt, of vraag naar een product.',
  picture: 'Dank u voor de foto. Ik kan hem niet zien: vertel me in woorden wat u zoekt.',
  choiceInStock: ({ title, choice, quantity, price }) =>
    `Ja! “${title}” is op voorraad in ${choice}${quantity === undefined ? '' : ` (aantal: ${quantity})`}.` +
    (price === undefined ? '' : ` De prijs is ${price}.`),
  choiceListed: ({ title, choice }) => `“${title}” staat vermeld in ${choice}; de voorraad daarvan ken ik niet.`,
  choiceSoldOut: ({ title, choice, listed }) =>
    `Helaas hebben we “${title}” op dit moment niet in ${choice}.` +
    (listed.length === 0 ? '' : ` Op voorraad: ${listed.join(', ')}.`),
  choiceUnknown: ({ title, choice, listed }) =>
    `Nee, “${title}” staat niet vermeld in ${choice}. Er is: ${listed.join(', ')}.`,
  choiceUnclear: ({ title, choice, listed }) =>
    `Of “${title}” er in ${choice} is, kan ik niet zeggen. Vermeld staat: ${listed.join(', ')}.`,
  choiceTooFew: ({ title, choice, quantity }) =>
    `Van “${title}” in ${choice} zijn er niet meer dan ${quantity} op voorraad.`,
  noChoices: ({ title, choice }) => `Bij “${title}” staat geen keuze vermeld: ${choice} kan ik niet beloven.`,
  yes: 'Ja! ',
  size: (value) => `maat ${value}`,
  stock: {
    'in-stock': ({ title, quantity }) =>
      `${title === undefined ? 'Op voorraad' : `We hebben “${title}” op voorraad`}${quantity === undefined ? '' : ` (aantal: ${quantity})`}.`,
    limited: ({ title, quantity }) =>
      `${title === undefined ? 'Op voorraad' : `We hebben “${title}” op voorraad`}, maar er ${quantity === 1 ? 'is' : 'zijn'} er nog maar ${quantity ?? 'weinig'}.`,
    preorder: ({ title }) =>
      `Nog niet op voorraad, maar ${title === undefined ? 'het' : `“${title}”`} kan vooruit worden besteld.`,
    'out-of-stock': ({ title }) =>
      `Helaas is ${title === undefined ? 'het' : `“${title}”`} op dit moment niet op voorraad.`,
    unknown: ({ title }) => `De voorraad${title === undefined ? '' : ` van “${title}”`} ken ik niet.`,
  },
  brief: {
    'in-stock': 'op voorraad',
    limited: 'nog maar weinig',
    preorder: 'vooruit te bestellen',
    'out-of-stock': 'niet op voorraad',
  },
  price: ({ title, price, note }) => `“${title}” kost ${price}${note === undefined ? '' : ` (${note})`}.`,
  noPrice: (title) => `Voor “${title}” heb ik geen prijs.`,
  by: (brand) => `van ${brand}`,
  details: (pairs) => `Details: ${pairs.join('; ')}.`,
  stated: ({ title, facts }) => `Over “${title}” zegt de catalogus: ${facts.join('; ')}.`,
  unstated: ({ title, words }) => `De catalogus zegt bij “${title}” niets over “${words}”.`,
  whichProduct: 'Welk product bedoelt u? Noem me de naam.',
  found: ({ words, limits, count }) =>
    `${count === 1 ? 'Dit' : `Deze ${count} producten`} heb ik gevonden${forWords(words)}${limits}:`,
  recommended: ({ words, limits }) => `Dit stel ik voor${forWords(words)}${limits}:`,
  gifts: () => 'Hier zijn een paar cadeau-ideeën:',
  cheapest: ({ words, title, price }) => `De laagste prijs${forWords(words)} is ${price}, voor “${title}”.`,
  dearest: ({ words, title, price }) => `De hoogste prijs${forWords(words)} is ${price}, voor “${title}”.`,
  unranked: (words) => `Welke hiervan ${words === '' ? 'het' : `“${words}”`} is, kan ik niet met zekerheid zeggen:`,
  near: ({ words, missing }) =>
    `Precies “${words}” heb ik niet gevonden${missing === '' ? '' : ` (niets hiervan noemt “${missing}”)`}. Dit komt het dichtst in de buurt:`,
  ignored: (words) => `Met “${words}” kon ik geen rekening houden.`,
  leftOut: (words) => `Wat “${words}” noemt, heb ik weggelaten.`,
  otherCurrency: ({ asked, ours }) => `Onze prijzen zijn in ${ours} en ik reken ${asked} niet om: de grens geldt niet.`,
  outOfBudget: ({ words, limits }) =>
    `Ik heb niets${forWords(words)}${limits}. Qua prijs komt dit het dichtst in de buurt:`,
  nothing: ({ words, categories }) =>
    `Helaas heb ik niets gevonden${forWords(words)}.${categories === '' ? '' : ` We hebben ${categories}: zal ik u iets laten zien?`}`,
  limits: ({ minimum, maximum }) => {
    if (minimum !== undefined && maximum !== undefined) return ` tussen ${minimum} en ${maximum}`;
    return minimum === undefined ? (maximum === undefined ? '' : ` tot ${maximum}`) : ` vanaf ${minimum}`;
  },
  brands: (names) => `We hebben ${names}.`,
  categories: (names) => `We hebben ${names}. Wat zoekt u?`,
  noAnswer: (words) =>
    `${words === '' ? 'Daarop' : `Over “${words}”`} heb ik geen antwoord. Vraag het de mensen van de winkel.`,
  nearAnswer: (words) => `Een antwoord dat “${words}” noemt, heb ik niet. Wat ik ervan weet:`,
  comparison: 'Dit is de vergelijking:',
  cheaperBy: ({ title, difference, other }) => `“${title}” kost ${difference} minder dan “${other}”.`,
  samePrice: (titles) => `De prijs is gelijk: ${titles}.`,
  alternatives: (title) => `Dit lijkt het meest op “${title}”:`,
  cheaperThan: (title) => `Dit kost minder dan “${title}”:`,
  noCheaper: (title) => `Van die soort heb ik niets dat minder kost dan “${title}”.`,
  noAlternative: (title) => `Van de soort van “${title}” heb ik verder niets.`,
  more: 'Graag, hier is meer:',
  moreOfWhat: 'Graag! Waarover wilt u meer weten? Noem een product of een onderwerp, zoals verzending of retour.',
  saidAll: 'Meer weet ik er niet van. Kan ik nog iets voor u opzoeken?',
  reasons: {
    seen: () => 'u hebt het bekeken',
    page: () => 'het staat op de pagina waar u bent',
    'in-stock': () => 'het is op voorraad',
    cheapest: () => 'het heeft de laagste prijs van wat past',
    dearest: () => 'het heeft de hoogste prijs van wat past',
    matches: ({ words }) => `het past bij “${words}”`,
    budget: ({ amount }) => `het blijft binnen ${amount}`,
  },
  and: ', en ',
  ask: {
    stock: (title) => `Is ${title} op voorraad?`,
    similar: (title) => `Wat lijkt op ${title}?`,
    category: (name) => `Laat me ${name} zien`,
  },
};

/** Dutch. */
export const dutch: Speech = {
  phrases,
  joinsNouns: true,
  grammar: wordSet(`
    de het een en of maar niet geen zonder met voor van in op onder boven tussen tot vanaf is zijn was dit dat deze die er ik je jij u uw we wij hij zij ze mijn onze ons
    hebben hebt heeft heb jullie kan kunnen wat welke welk wie hoe hoeveel waar wanneer hallo goedemorgen goedemiddag bedankt dank dankjewel alsjeblieft alstublieft zoek zoeken
    wil graag laat zien iets meer minder ook nog alleen kost kosten prijs maat voorraad bij naar aan om uit dan als te zeer goedendag dag ander andere winkel goedkoper niks`),
  asking: wordSet(`
    hoi hey anders doen doet komt komen verkoopt verkopen koop kopen vinden prijzen leverbaar verkrijgbaar beschikbaar uitverkocht kleur kleuren maten artikel artikelen product producten ding dingen
    soort type model modellen merk merken categorie categorieen beste goed goede idee ideeen cadeau cadeaus geven aanraden raad raadt adviseert advies goedkoop goedkope goedkoopste
    duur dure duurste eerste tweede derde vierde die sommige alle alles nu echt eigenlijk momenteel budget maximaal minimaal maximum minimum hoogstens euro euros eur dollar pond
    franken detail details info informatie zeg zegt weten zou willen bekijken vergelijkbaar vergelijkbare soortgelijk alternatief alternatieven vergelijk vergelijken verschil bestaat
    ongeveer rond stuks stuk precies enkele paar over zeker misschien liever heel maten gemaakt hem haar hun daarvan hiervan ervan toe mag moet moeten nodig laten tonen toon eens
    jouw jou daar hier verkopen aanbod bieden biedt daarvoor kunt`),
  cues: createCues({
    greeting: 'hallo|hoi|hey|hi|goede(?:morgen|middag|navond|ndag)|dag',
    thanks: 'bedankt|dank (?:je|u)(?: wel)?|dankjewel|dankuwel',
    goodbye: 'tot ziens|doei|dag hoor|fijne dag(?: nog)?',
    elaborate: 'meer (?:details|informatie|weten|daarover|erover)|vertel (?:me )?meer|leg (?:dat )?uit|ga verder',
    compare:
      'of [^?!.]{1,80} (?:goedkoper|duurder)|(?:goedkoper|duurder) dan (?![\\d$€£])|vergelijk\\w*|verschil\\w*|welke (?:van de twee )?is (?:goedkoper|duurder|beter)',
    stock:
      'op voorraad|voorraad|leverbaar|verkrijgbaar|beschikbaar|uitverkocht|maten|maat|hoeveel (?:zijn|hebben)|kleur(?:en)?|(?:hem|het|deze|die) (?:ook )?in',
    choices: 'maten|maat|kleur(?:en)?',
    price: 'hoeveel kost\\w*|wat kost\\w*|kost|kosten|prijs|prijzen|hoe duur',
    details: 'wat is|beschrijf\\w*|details?|informatie|eigenschappen|kenmerken',
    seek: 'hebben jullie|heeft u|hebt u|hebben ze|verkopen jullie|verkoopt u|laat .* zien|zoek|zoeken|ik wil|ik heb .* nodig|is er|zijn er|iets|welke?|wat',
    cheapest: 'goedkoopste?|laagste prijs|voordeligste',
    dearest: 'duurste?|hoogste prijs',
    cheaper: 'goedkoper\\w*|minder duur|voordeliger',
    similar: 'vergelijkbare?|soortgelijke?|lijkt op|alternatie(?:f|ven)|iets anders',
    recommend: 'aanraden|raad\\w* .*aan|advis\\w*|beste|goede?',
    gift: 'cadeau\\w*|verjaardag\\w*|kerst\\w*',
    availableOnly: 'op voorraad|leverbaar|beschikbaar|meteen|vandaag',
    brands: 'merken|fabrikanten',
    categories: 'wat (?:verkopen jullie|verkoopt u|hebben jullie te koop)|categorieen|assortiment',
    pointer: 'hij|hem|ervan|(?:is|heeft|kan|kost|weegt|hebben jullie|heeft u|past|komt) het',
    demonstrative: 'dit|deze|dat|die',
    numbers: 'twee drie vier vijf zes zeven acht negen tien',
    counted: 'artikelen|producten|dingen|cadeaus?|ideeen|stuks',
    further: {
      joins: 'en maar ook',
      opens:
        'hoeveel|hoe (?:duur|zwaar|groot|lang|veel)|wat kost|wat is|wanneer|waar|heeft|hebben|heb je|hebt|is|zijn|kan|kunnen|leveren|bezorgen|verzenden|welke (?:maat|kleur)',
    },
    affirms: 'ja|nee|natuurlijk',
    question: '(?:en |maar )?(?:is|zijn|heeft|kan|hoe|wat|welke?|past|weegt)',
    quality: '(?:ook|hem|het|deze|die|verkrijgbaar|leverbaar) in (?:het )?([a-z]{3,20})',
    oneself: 'voor (?:mij|me|ons)',
    recipient: 'voor (?:mijn|onze) ([a-z]+)',
    ordinals: ['eerste', 'tweede', 'derde', 'vierde'],
    topic:
      'inpak\\w*|verzendkosten|open|gesloten|sluit(?:en)?|pakket|pakje|accepte\\w*|verzend\\w*|verzonden|lever(?:en|t|ing|tijd)|bezorg\\w*|stur(?:en|ing)|retour\\w*|terug(?:sturen|brengen|geven|betal\\w*)|ruil\\w*|garantie|repar\\w*|betal\\w*|factuur|termijnen|openingstijden|geopend|open op|kortingscode|korting|studenten\\w*|nieuwsbrief|bestelling|volgen|annuler\\w*|ophalen|afhalen|telefoonnummer|contact\\w*|klantenservice|spreken|douane|reserver\\w*|inpakken|laagsteprijsgarantie|vacatures?',
    wholeShop: 'winkel|verkop\\w*|verkoopt',
    which: 'welke?|wat',
    degree:
      'lichter|lichtste|zwaarder|zwaarste|breder|breedste|smaller|smalste|hoger|hoogste|langer|langste|korter|kortste|groter|grootste|kleiner|kleinste|dikker|dunner|dieper|warmer|warmste|sneller|snelste|sterker|sterkste|zachter|stiller|nieuwer|nieuwste|meer|meeste|beter|beste',
    age: '(\\d{1,2})[- ]?jarigen?|(\\d{1,2}) jaar(?: oud)?',
    separator: 'en|met|of|tussen|dan|tegen',
    sizeWords: 'maat|maten|schoenmaat|kledingmaat',
    sizeIn: 'in',
    prices: {
      between: ['tussen(?: de)?|van', 'en(?: de)?|tot'],
      atMost:
        'niet duurder dan|onder(?: de)?|minder dan|tot(?: en met)?|hoogstens|maximaal|max\\.?|niet meer dan|goedkoper dan|budget (?:van|is)',
      atLeast: 'boven(?: de)?|meer dan|minstens|minimaal|vanaf',
      around: 'ongeveer|rond(?: de)?|circa|zo n',
      orLess: 'of minder|maximaal|hoogstens|max',
      orMore: 'of meer|minimaal|en hoger',
    },
    negators:
      'niets, niet, geen, zonder, behalve, uitgezonderd, niet van, niet in, in plaats van, maar niet, liever geen',
    joins: 'of en noch',
  }),
};
