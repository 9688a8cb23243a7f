import type { Availability } from '../canonical/index.ts';
import { fold } from './words.ts';

/** Shops' words for it, without spaces and signs. Sources: schema.org, Google's product data specification, WooCommerce; our choice otherwise. */
const words: Readonly<Record<Availability, string>> = {
  'in-stock':
    'instock instoreonly onlineonly available availablefororder true yes 1 auflager lieferbar sofortlieferbar verfuegbar vorraetig ja',
  limited: 'limited limitedavailability lowstock fewleft begrenzt wenige',
  preorder: 'preorder presale backorder onbackorder madetoorder vorbestellbar vorbestellung nachbestellt',
  'out-of-stock':
    'outofstock soldout unavailable notavailable false no 0 discontinued reserved nichtauflager nichtlieferbar nichtverfuegbar ausverkauft nein',
};

const meanings: ReadonlyMap<string, Availability> = new Map(
  // The keys of `words` are the availabilities: its type says so, `Object.entries` forgets it.
  Object.entries(words).flatMap(([meaning, list]) =>
    list.split(' ').map((word) => [word, meaning as Availability] as const),
  ),
);

/** Availability as a shop writes it: `in stock`, `https://schema.org/InStock`, `sold_out`, `auf Lager`. */
export function readAvailability(value: unknown): Availability | undefined {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined;
  return meanings.get(
    fold(String(value))
      .replace(/^https?:\/\/schema\.org\//, '')
      .replace(/[^a-z0-9]+/g, ''),
  );
}
