import type { Turn } from '../../canonical/index.ts';
import { contentWords, fold, readMoney } from '../../catalog/index.ts';
import { type Cues, chooseLanguage, type Phrases } from './language/index.ts';

/** What can be told about a message from its words alone. */
export interface Request {
  readonly text: string;
  /** As cues read it: lower case, without accents. */
  readonly folded: string;
  readonly phrases: Phrases;
  readonly cues: Cues;
  /** Words that may name a product, folded, in their order. */
  readonly words: readonly string[];
  /** Decimal text. */
  readonly minPrice?: string;
  readonly maxPrice?: string;
  /** A size as it was written, folded: `l`, `xl`, `42`, `large`. */
  readonly size?: string;
  readonly quality?: string;
}

/** As much as is read of a message: what somebody pastes beyond that is no question to a catalogue. */
const maxLength = 1_000;

/** Reads a message. Any text will do; the same text gives the same request. */
export function readRequest({ text: whole, locale }: Pick<Turn, 'text' | 'locale'>): Request {
  const text = whole.slice(0, maxLength);
  const language = chooseLanguage({ text, ...(locale !== undefined && { locale }) });
  const { cues } = language;
  const folded = fold(text);
  const prices = readPriceRange(folded, cues);
  const size = groupOf(prices.rest, cues.size);
  const quality = size === undefined ? contentWords(groupOf(folded, cues.quality) ?? '')[0] : undefined;
  const rest = size === undefined ? prices.rest : prices.rest.replace(cues.size, ' ');
  return {
    text,
    folded,
    ...language,
    words: contentWords(rest).filter((word) => !unspoken.has(word)),
    ...prices.range,
    ...(size !== undefined && { size }),
    ...(quality !== undefined && { quality }),
  };
}

/** Words of asking that the catalogue cannot leave out for everyone, since some product may be called so. */
const unspoken: ReadonlySet<string> = new Set(
  `description describe specs features elaborate comparison similar brand brands category categories marke marken first second third
   cheapest affordable dearest quantity pieces else stueck erste zweite dritte aehnlich aehnliches billig billiger billigste farbe farben
   colour color colours colors guenstigeres groesser auswahl`.split(/\s+/),
);

interface PriceRange {
  readonly range: Pick<Request, 'minPrice' | 'maxPrice'>;
  /** The text without what was said of prices. */
  readonly rest: string;
}

function readPriceRange(folded: string, { between, atMost, atLeast }: Cues): PriceRange {
  const both = between.exec(folded);
  const [low, high] = [amountOf(both?.[1]), amountOf(both?.[2])];
  if (both !== null && low !== undefined && high !== undefined) {
    const [minPrice, maxPrice] = Number(low) <= Number(high) ? [low, high] : [high, low];
    return { range: { minPrice, maxPrice }, rest: folded.replace(both[0], ' ') };
  }
  const most = atMost.exec(folded);
  const least = atLeast.exec(most === null ? folded : folded.replace(most[0], ' '));
  const [maxPrice, minPrice] = [amountOf(most?.[1]), amountOf(least?.[1])];
  return {
    range: { ...(minPrice !== undefined && { minPrice }), ...(maxPrice !== undefined && { maxPrice }) },
    rest: [most?.[0], least?.[0]].reduce<string>(
      (text, part) => (part === undefined ? text : text.replace(part, ' ')),
      folded,
    ),
  };
}

const amountOf = (digits: string | undefined): string | undefined => readMoney(digits)?.amount;

/** What the first group that matched holds. */
function groupOf(text: string, pattern: RegExp): string | undefined {
  return pattern
    .exec(text)
    ?.slice(1)
    .find((group: string | undefined) => group !== undefined);
}
