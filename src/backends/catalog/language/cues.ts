/** What a message is about, told by its wording. Cues are tested on folded text: lower case, no accents, `ue` for `ü`. */
export interface Cues {
  readonly greeting: RegExp;
  readonly thanks: RegExp;
  readonly goodbye: RegExp;
  readonly elaborate: RegExp;
  readonly compare: RegExp;
  readonly stock: RegExp;
  readonly price: RegExp;
  readonly details: RegExp;
  /** A question about something that is there. */
  readonly question: RegExp;
  readonly cheapest: RegExp;
  readonly dearest: RegExp;
  readonly cheaper: RegExp;
  readonly similar: RegExp;
  readonly recommend: RegExp;
  readonly gift: RegExp;
  readonly availableOnly: RegExp;
  readonly brands: RegExp;
  readonly categories: RegExp;
  /** Words that point at what was spoken of. */
  readonly pointer: RegExp;
  /** Its group is a size. */
  readonly size: RegExp;
  /** Its group is a quality that was asked for: `red` of `come in red`. */
  readonly quality: RegExp;
  /** Its group is whom a gift is for. */
  readonly recipient: RegExp;
  readonly ordinals: readonly RegExp[];
  readonly between: RegExp;
  readonly atMost: RegExp;
  readonly atLeast: RegExp;
  /** What stands between the products of a comparison. */
  readonly separator: RegExp;
}

const sizeValue = '(?:x{0,3}[sl]|m|[2-5]xl|\\d{1,3}(?:[.,/]\\d{1,2})?|small|medium|large|klein|mittel|gross)';
const money = '(?:[$€£]|eur|usd|gbp|chf)?\\s?(\\d{1,9}(?:[.,]\\d{1,3}){0,3})';
/** A number is money if a currency follows it, or nothing that could be another unit. */
const unit =
  '(?=\\s*(?:[$€£]|(?:eur|euros?|usd|dollars?|bucks|gbp|pounds?|chf|franken)\\b|[?!.,;]*\\s*$|[?!,;]|\\s(?:and|or|please|for|that|which|with|in|und|oder|bitte|fuer|mit)\\b))(?:\\s*(?:[$€£]|(?:eur|euros?|usd|dollars?|bucks|gbp|pounds?|chf|franken)\\b))?';
const firstUnit = '(?:\\s*(?:[$€£]|eur|euros?|usd|dollars?|bucks|gbp|pounds?|chf|franken))?';

/** Wording by language. */
export const cues: Readonly<Record<'en' | 'de', Cues>> = {
  en: {
    greeting: /^\W*(?:hi|hello|hey|hiya|greetings|good (?:morning|afternoon|evening|day))\b/,
    thanks: /\b(?:thanks?|thank you|thx|cheers|much appreciated)\b/,
    goodbye: /\b(?:bye|goodbye|see you|have a (?:nice|good) (?:day|one))\b/,
    elaborate:
      /\b(?:elaborate|tell me more|more (?:details?|info|information)|go on|explain (?:that|this|it|more|further)|expand on|in more detail|say more|what do you mean|continue)\b/,
    compare:
      /\b(?:compare|comparison|versus|vs|differences?|which (?:one )?is (?:the )?(?:cheaper|better|more expensive))\b/,
    stock:
      /\b(?:in stock|stock|availab\w+|sold out|comes? in|in size|sizes?|any left|how many|colou?rs?|have (?:it|this|that|them) in)\b/,
    price: /\b(?:how much|prices?|priced|costs?)\b/,
    details:
      /\b(?:about|what is|what's|describe|description|details?|information|material|made (?:of|from)|features?|specs?|explain)\b/,
    question: /^\W*(?:and |but )?(?:is|are|does|how|can|will)\b/,
    cheapest: /\b(?:cheapest|least expensive|lowest (?:price|cost)|most affordable)\b/,
    dearest: /\b(?:most expensive|priciest|dearest|highest price)\b/,
    cheaper: /\b(?:cheaper|less expensive|costs? less|more affordable)\b/,
    similar: /\b(?:similar|alternatives?|something else|anything else|others? like|more like)\b/,
    recommend: /\b(?:recommend\w*|suggest\w*|advise|what should|which .* should|best|good)\b/,
    gift: /\b(?:gifts?|presents?|birthday|christmas|anniversary)\b/,
    availableOnly: /\b(?:in stock|available|right now|today)\b/,
    brands: /\b(?:which|what|list|show|all)\b.*\b(?:brands?|manufacturers?|makers?)\b/,
    categories:
      /\b(?:what (?:all )?(?:do you|can i|else do you) (?:sell|have|offer|buy|carry)|categories|assortment|product range|what's in the shop)\b/,
    pointer: /\b(?:it|its|this|that|these|those|them|they|one|ones)\b/,
    size: new RegExp(
      `\\b(?:size|sizes)\\s+(${sizeValue})\\b|\\bin (?:an? )?(x{0,3}[sl]|m|[2-5]xl|small|medium|large|\\d{2}(?:[.,]5)?)(?=\\s*(?:[?!.,]|$|please\\b))|\\b(xxs|xs|xl|x{2,3}l|[2-5]xl)\\b`,
    ),
    quality:
      /\b(?:comes?|have (?:it|this|that|them)|available|get (?:it|this|that|them)) in (?:the colou?r )?([a-z]{3,20})\b/,
    recipient: /\bfor (?:my|our) ((?:[a-z]+[ -])?[a-z]+)\b/,
    ordinals: [/\b(?:first|1st)\b/, /\b(?:second|2nd)\b/, /\b(?:third|3rd)\b/, /\b(?:fourth|4th)\b/],
    between: new RegExp(`\\b(?:between|from)\\s+${money}${firstUnit}\\s+(?:and|to)\\s+${money}${unit}`),
    atMost: new RegExp(
      `\\b(?:under|below|less than|up to|at most|max(?:imum)?(?: of)?|no more than|not more than|cheaper than|within)\\s+${money}${unit}`,
    ),
    atLeast: new RegExp(
      `\\b(?:over|above|more than|at least|from|min(?:imum)?(?: of)?|starting at)\\s+${money}${unit}`,
    ),
    separator: /\b(?:and|with|to|vs|versus|or|between|than)\b|[,;:?!]/,
  },
  de: {
    greeting: /^\W*(?:hallo|hi|hey|moin|servus|guten (?:morgen|tag|abend)|gruess (?:gott|dich|euch)|gruezi)\b/,
    thanks: /\b(?:danke|dankeschoen|vielen dank|merci)\b/,
    goodbye: /\b(?:tschuess|tschuss|auf wiedersehen|bis bald|ciao|schoenen tag)\b/,
    elaborate:
      /\b(?:mehr (?:dazu|darueber|davon|details|infos?|informationen)|genauer|ausfuehrlicher|naeher erklaeren|erklaer\w* (?:das|es|mir das)|weiter|erzaehl\w* mehr)\b/,
    compare:
      /\b(?:vergleich\w*|unterschied\w*|gegenueber|(?:was|welche[rs]?) ist (?:guenstiger|billiger|besser|teurer))\b/,
    stock:
      /\b(?:auf lager|lager|verfuegbar|vorraetig|lieferbar|ausverkauft|groessen?|wie viele|farben?|gibt es (?:das|den|die|ihn|sie|es))\b/,
    price: /\b(?:wie ?viel kostet|was kostet|was kosten|kostet|kosten|preise?|wie teuer)\b/,
    details:
      /\b(?:ueber|was ist|beschreib\w*|details?|einzelheiten|informationen|material|gemacht aus|eigenschaften|erklaer\w*)\b/,
    question: /^\W*(?:und |aber )?(?:ist|sind|hat|wie|kann|passt)\b/,
    cheapest: /\b(?:guenstigst\w*|billigst\w*|preiswertest\w*|niedrigste\w* preis)\b/,
    dearest: /\b(?:teuerst\w*|hoechste\w* preis)\b/,
    cheaper: /\b(?:guenstiger\w*|billiger\w*|preiswerter\w*)\b/,
    similar: /\b(?:aehnlich\w*|alternativen?|etwas anderes|was anderes)\b/,
    recommend: /\b(?:empfehl\w*|empfiehl\w*|vorschlag\w*|vorschlaeg\w*|rat\w*|beste[rsn]?)\b/,
    gift: /\b(?:geschenk\w*|geburtstag\w*|weihnacht\w*|mitbringsel)\b/,
    availableOnly: /\b(?:auf lager|verfuegbar|lieferbar|vorraetig|sofort|heute)\b/,
    brands: /\b(?:marken|hersteller)\b/,
    categories: /\b(?:was (?:habt ihr|haben sie|verkauft ihr|verkaufen sie|gibt es bei)|kategorien|sortiment)\b/,
    pointer: /\b(?:es|das|dies\w*|den|ihn|die|davon|diese)\b/,
    size: new RegExp(
      `\\b(?:groesse|groessen|gr\\.?)\\s+(${sizeValue})\\b|\\bin (x{0,3}[sl]|m|[2-5]xl|\\d{2}(?:[.,]5)?)(?=\\s*(?:[?!.,]|$|bitte\\b))|\\b(xxs|xs|xl|x{2,3}l|[2-5]xl)\\b`,
    ),
    quality: /\b(?:auch|es|das|den|ihn|die) in ([a-z]{3,20})\b/,
    recipient: /\bfuer (?:meine|meinen|unsere|unseren) ([a-z]+)\b/,
    ordinals: [/\berste[nrs]?\b/, /\bzweite[nrs]?\b/, /\bdritte[nrs]?\b/, /\bvierte[nrs]?\b/],
    between: new RegExp(`\\b(?:zwischen|von)\\s+${money}${firstUnit}\\s+(?:und|bis)\\s+${money}${unit}`),
    atMost: new RegExp(
      `\\b(?:unter|bis zu|bis|hoechstens|maximal|max\\.?|weniger als|guenstiger als|billiger als)\\s+${money}${unit}`,
    ),
    atLeast: new RegExp(`\\b(?:ueber|ab|mehr als|mindestens|von)\\s+${money}${unit}`),
    separator: /\b(?:und|mit|zu|zum|zur|oder|zwischen|als|gegenueber)\b|[,;:?!]/,
  },
};
