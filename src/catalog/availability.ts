import type { Availability } from '../canonical/index.ts';
import { fold } from './words.ts';

/**
 * Shops' words for it, without spaces and signs, a language a line. Sources: schema.org, Google's product data specification,
 * WooCommerce, and dictionaries; our choice otherwise.
 */
const words: Readonly<Record<Availability, readonly string[]>> = {
  'in-stock': [
    'instock instoreonly onlineonly available availablenow availablefororder readytoship readyforshipment immediate stock true yes y 1 ok',
    'auflager sofortlieferbar sofortverfuegbar lieferbar verfuegbar vorraetig lagernd ablager abholbereit versandfertig sofortversandfertig ja j wahr',
    'enstock disponible disponibleimmediatement disponibleenstock oui vrai',
    'haystock conexistencias disponibilidadinmediata entregainmediata existencias si s verdadero',
    'disponibile dispo inmagazzino instockdisponibile disponibilitaimmediata prontaconsegna vero',
    'opvoorraad leverbaar beschikbaar directleverbaar voorradig ja waar',
    'skladem naskladu nasklade naskladě ilager palager dostepny wmagazynie raktaron',
  ],
  limited: [
    'limited limitedavailability limitedstock lowstock lowinstock fewleft lastitems lastpieces almostsoldout',
    'begrenzt wenige begrenztverfuegbar nurwenige nochwenigeverfuegbar geringerbestand fastausverkauft restposten letztestuecke',
    'stocklimite stockfaible derniersarticles dernierespieces presqueepuise quantitelimitee',
    'limitado pocasunidades ultimasunidades stocklimitado existenciaslimitadas',
    'limitato ultimipezzi scortalimitata disponibilitalimitata pochipezzi',
    'beperkt beperktopvoorraad laatstestuks beperktevoorraad bijnauitverkocht',
  ],
  preorder: [
    'preorder presale backorder onbackorder backordered madetoorder availableonbackorder comingsoon',
    'vorbestellbar vorbestellung vorbestellen nachbestellt aufbestellung bestellbar',
    'precommande surcommande enprecommande enreapprovisionnement',
    'preventa reserva bajopedido preventadisponible enpreventa porencargo',
    'preordine prenotabile suordinazione inprevendita suprenotazione inriordino',
    'pretebestellen vooruitbestellen opbestelling nabestelling preorderbaar',
  ],
  'out-of-stock': [
    'outofstock soldout unavailable notavailable currentlyunavailable nostock false no n 0 discontinued reserved none',
    'nichtauflager nichtlieferbar nichtverfuegbar nichtvorraetig ausverkauft vergriffen derzeitnichtverfuegbar momentannichtverfuegbar zurzeitnichtlieferbar nichtmehrverfuegbar nichtmehrlieferbar leer nein falsch',
    'epuise rupture rupturedestock enrupturedestock enrupture horsstock indisponible nondisponible plusdisponible non faux',
    'agotado sinstock sinexistencias nodisponible fueradestock sindisponibilidad falso',
    'esaurito nondisponibile terminato nonincatalogo sconosciuto scorteesaurite falso',
    'uitverkocht nietopvoorraad nietleverbaar nietbeschikbaar nietvoorradig geenvoorraad nee',
    'vyprodano neniskladem slutsald slutilager udsolgt utsolgt niedostepny',
  ],
};

const meanings: ReadonlyMap<string, Availability> = new Map(
  // The keys of `words` are the availabilities: its type says so, `Object.entries` forgets it.
  Object.entries(words).flatMap(([meaning, lines]) =>
    lines.flatMap((line) => line.split(' ').map((word) => [plain(word), meaning as Availability] as const)),
  ),
);

function plain(text: string): string {
  return fold(text)
    .replace(/^https?:\/\/(?:www\.)?schema\.org\/|^schema:/, '')
    .replace(/[^a-z0-9]+/g, '');
}

/** What a cell says of the stock: a word for it, a count, or both. A count that is only a bound (`>10`, `10+`) is none. */
export interface Stock {
  readonly availability?: Availability;
  readonly quantity?: number;
}

/** Words before and after a count: `in stock (5)`, `5 auf Lager`, `> 10`, `more than 10`. */
const counted = /^(.*?)([<>≥≤+~]?)\s*(?:\(\s*)?(-?\d{1,9}(?:[.,]0+)?)\s*(\+?)\s*\)?(.*)$/s;

const atLeast =
  /^(?:more than|over|at least|mehr als|ueber|mindestens|plus de|au moins|mas de|al menos|piu di|oltre|almeno|meer dan|minstens)$/;

const units = /^(?:pieces?|pcs?|items?|units?|left|stueck|stk|st|pieces?|unites?|unidades|uds?|pezzi|pz|stuks?|x)?$/;

/** Availability and count as a shop writes them: `in stock`, `https://schema.org/InStock`, `sold_out`, `auf Lager`, `>10`, `in stock (5)`. */
export function readStock(value: unknown): Stock | undefined {
  if (typeof value === 'number') return stockOfCount(value);
  if (typeof value === 'boolean') return { availability: value ? 'in-stock' : 'out-of-stock' };
  if (typeof value !== 'string' || value.length > 80) return undefined;
  const text = value.trim();
  const meaning = meanings.get(plain(text));
  if (meaning !== undefined && !/\d/.test(text)) return { availability: meaning };
  const [, before = '', sign = '', digits = '', plus = '', after = ''] = counted.exec(text) ?? [];
  if (digits === '') return undefined;
  const count = Number.parseInt(digits, 10);
  const words = fold(before)
    .replace(/[^a-z ]+/g, ' ')
    .trim();
  const rest = fold(after)
    .replace(/[^a-z ]+/g, ' ')
    .trim();
  const isBound = sign === '>' || sign === '≥' || sign === '+' || plus !== '' || atLeast.test(words);
  if (isBound && count > 0) return { availability: 'in-stock' };
  const said = [words, rest].filter((part) => !units.test(part)).map((part) => meanings.get(plain(part)));
  if (sign !== '' || said.includes(undefined)) return undefined;
  return { ...stockOfCount(count), ...(said[0] !== undefined && { availability: said[0] }) };
}

/** What a shop oversold is none. */
function stockOfCount(value: number): Stock | undefined {
  if (!Number.isFinite(value)) return undefined;
  const quantity = Math.max(0, Math.floor(value));
  return { quantity, availability: quantity > 0 ? 'in-stock' : 'out-of-stock' };
}

/** Whether something is so, in shops' words for yes and no; `undefined` for any other. */
export function readFlag(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : truths.get(plain(String(value)));
}

const truths: ReadonlyMap<string, boolean> = new Map([
  ...'true yes y 1 ja j wahr oui vrai si s verdadero vero waar on enabled active visible continue notify shopify published'
    .split(' ')
    .map((word) => [word, true] as const),
  ...'false no n 0 nein falsch non faux falso nee off disabled inactive hidden staging deny none draft 2'
    .split(' ')
    .map((word) => [word, false] as const),
]);
