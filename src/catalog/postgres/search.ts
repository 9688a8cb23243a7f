import type { CatalogFilters, CatalogMatch, CatalogQuery } from '../catalog.ts';
import { fold } from '../words.ts';
import type { Database } from './database.ts';
import { marks, quoted, worths } from './lexemes.ts';
import { keyOfId } from './rows.ts';
import type { Tables } from './tables.ts';
import { planQuery, type QueryWord } from './vocabulary.ts';

/** A product that was found: its place in the table, as text. */
export interface FoundPlace {
  readonly place: string;
  readonly score: number;
  readonly matched: CatalogMatch['matched'];
}

export interface Search {
  readonly database: Pick<Database, 'ask'>;
  readonly tables: Tables;
  /** In the table; for IDF. */
  readonly size: number;
  /** In milliseconds since 1970. */
  readonly now: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * So many rows are weighed. Words that more rows have are common to them: those whose kind, or title, has the rarest of them come
 * before the others.
 */
const maxWeighed = 1_500;

/** A match that is worth less than this part of the best one is not put before it for its price. */
const goodMatch = 0.4;

/** Finds products as the engine in memory does: with every word, then with some, until there are as many as are wanted. */
export async function findPlaces(query: CatalogQuery, search: Search): Promise<readonly FoundPlace[]> {
  const { text, limit, order = 'relevance' } = query;
  if (limit <= 0) return [];
  const plan = await planQuery(text, { ...search, table: search.tables.words });
  const run = createRun(query, search);
  if (plan.stems.length === 0) return run.browse();
  const { every, any } = plan;
  const find = order === 'relevance' ? run.weigh : run.priced;
  const matched = every?.every(({ literal }) => literal) === true ? 'all' : 'similar';
  const found =
    every === undefined
      ? []
      : (await find(every, { joined: '&', stems: plan.stems })).map((place) => ({ ...place, matched }) as const);
  if (any === undefined || found.length >= limit || (found.length > 0 && order !== 'relevance')) return found;
  const known = new Set(found.map(({ place }) => place));
  const some = await find(any, { joined: '|', stems: plan.stems });
  return [...found, ...some.filter(({ place }) => !known.has(place))].slice(0, limit);
}

/** How words of a query are joined, and the stems that were asked for. */
interface Joining {
  readonly joined: '&' | '|';
  readonly stems: readonly string[];
}

type Value = string | number | boolean | readonly string[];

function createRun(
  { limit, filters = {}, order = 'relevance', favourites = [] }: CatalogQuery,
  { database, tables, size, now, signal }: Search,
) {
  /** The values of one statement, each by the name that SQL has for it. */
  const valuesOf = () => {
    const values: Value[] = [];
    return { values, take: (value: Value, type: string): string => `$${values.push(value)}::${type}` };
  };
  type Take = ReturnType<typeof valuesOf>['take'];
  const ask = <Row extends object>(sql: string, values: readonly Value[]) => database.ask<Row>(sql, values, signal);
  const names = namesOf(filters);

  /** What a row must be to be found: `query` is the text of a `tsquery`. */
  const passes = (take: Take, query: string): string => {
    const lexemes = [...(query === '' ? [] : [`(${query})`]), ...names].join(' & ');
    const at = take(now, 'float8');
    return [
      ...(lexemes === '' ? [] : [`words @@ ${take(lexemes, 'tsquery')}`]),
      `on_sale and since <= ${at} and until > ${at}`,
      ...(filters.minPrice === undefined ? [] : [`price >= ${take(Number(filters.minPrice), 'float8')}`]),
      ...(filters.maxPrice === undefined ? [] : [`price <= ${take(Number(filters.maxPrice), 'float8')}`]),
      ...(filters.available === undefined ? [] : [`available = ${take(filters.available, 'bool')}`]),
    ].join(' and ');
  };

  /** What a row is worth: what its words are worth where they stand, the rarer the more. */
  const scoreOf = (take: Take, words: readonly QueryWord[]): string => {
    const parts = words.map((word) => {
      const idf = Math.log(1 + (size - word.frequency + 0.5) / (word.frequency + 0.5));
      return `${take(Math.max(idf, 0.01), 'float8')} * ts_rank('${worths}', words, ${take(anyOf(word.stems), 'tsquery')}, 1)`;
    });
    const seen =
      favourites.length === 0 ? '1' : `case when id = any(${take(favourites, 'text[]')}) then 1.5 else 1 end`;
    return `(${parts.join(' + ')}) * case when available then 1 else 0.8 end * ${seen}`;
  };

  interface Weighed {
    readonly place: string;
    readonly score: number;
    readonly price: number | null;
    readonly literal: boolean;
  }

  const weighAmong = (query: string, words: readonly QueryWord[]): Promise<readonly Weighed[]> => {
    const { values, take } = valuesOf();
    const literal = words.filter((word) => word.literal).flatMap((word) => word.stems);
    const isLiteral = literal.length === 0 ? 'false' : `words @@ ${take(anyOf(literal), 'tsquery')}`;
    return ask<Weighed>(
      `with found as materialized (
         select place, id, available, price, words from ${tables.products} where ${passes(take, query)} limit ${maxWeighed})
       select place::text, price, ${scoreOf(take, words)} as score, ${isLiteral} as literal
       from found order by score desc, found.place limit ${take(order === 'relevance' ? Math.min(limit, maxWeighed) : maxWeighed, 'int')}`,
      values,
    );
  };

  /** Rows with the words, the best first: among as many as are weighed, or those whose kind or title has the rarest word. */
  const weighed = async (words: readonly QueryWord[], joined: Joining['joined']): Promise<readonly Weighed[]> => {
    const asked = joined === '&' ? words : rarestOf(words);
    const query = asked.map(({ stems }) => anyOf(stems)).join(` ${joined} `);
    const [rarest] = asked;
    if (rarest !== undefined && rarest.frequency > maxWeighed)
      for (const mark of [marks.kind, marks.title]) {
        const told = await weighAmong(`(${query}) & ${anyOf(rarest.stems.map((stem) => mark + stem))}`, words);
        if (told.length >= limit) return told;
      }
    return weighAmong(query, words);
  };

  const toFound = ({ place, score, literal }: Weighed): FoundPlace => ({
    place,
    score,
    matched: literal ? 'some' : 'similar',
  });

  const inPriceOrder = order === 'dearest' ? 'price desc' : 'price';

  return {
    async weigh(words: readonly QueryWord[], { joined }: Joining): Promise<readonly FoundPlace[]> {
      return (await weighed(words, joined)).map(toFound);
    },

    /** Rows with the words in the order of their prices: those of a kind that was asked for, or else good matches. */
    async priced(words: readonly QueryWord[], { joined, stems }: Joining): Promise<readonly FoundPlace[]> {
      const { values, take } = valuesOf();
      const query = words.map((word) => anyOf(word.stems)).join(` ${joined} `);
      const ofKind = await ask<{ place: string }>(
        `select place::text from ${tables.products}
         where ${passes(take, `(${query}) & ${anyOf(stems.map((stem) => marks.kind + stem))}`)} and price is not null
         order by ${inPriceOrder}, ${tables.products}.place limit ${take(limit, 'int')}`,
        values,
      );
      const isLiteral = words.every(({ literal }) => literal);
      if (ofKind.length > 0)
        return ofKind.map(({ place }) => ({ place, score: 1, matched: isLiteral ? 'some' : 'similar' }));
      const rows = await weighed(words, joined);
      const best = rows[0]?.score ?? 0;
      const direction = order === 'dearest' ? -1 : 1;
      return rows
        .flatMap(({ price, ...row }) => (price === null || row.score < best * goodMatch ? [] : [{ ...row, price }]))
        .toSorted((a, b) => direction * (a.price - b.price))
        .slice(0, limit)
        .map((row) => toFound(row));
    },

    /** Everything that passes: what was looked at first, what cannot be had last, otherwise as the file has it. */
    async browse(): Promise<readonly FoundPlace[]> {
      const { values, take } = valuesOf();
      const isPriced = order !== 'relevance';
      const ordering = `${isPriced ? `${inPriceOrder}, ` : ''}available desc, ${tables.products}.place`;
      const rows = await ask<{ place: string }>(
        `select place::text from ${tables.products} where ${passes(take, '')} ${isPriced ? 'and price is not null' : ''}
         order by ${ordering} limit ${take(limit, 'int')}`,
        values,
      );
      const seen = isPriced || favourites.length === 0 ? [] : await this.seen();
      return [...new Set([...seen, ...rows.map(({ place }) => place)])]
        .slice(0, limit)
        .map((place) => ({ place, score: seen.includes(place) ? 2 : 1, matched: 'all' }));
    },

    /** The places of what was looked at, of those that pass. */
    async seen(): Promise<readonly string[]> {
      const { values, take } = valuesOf();
      const keys = take(favourites.map(keyOfId), 'text[]');
      const rows = await ask<{ place: string }>(
        `select place::text from ${tables.products} where keys && ${keys} and ${passes(take, '')}
         order by available desc, ${tables.products}.place + 0 limit ${take(limit, 'int')}`,
        values,
      );
      return rows.map(({ place }) => place);
    },
  };
}

/** The brand and the category of a filter as lexemes. */
const namesOf = ({ brand, category }: CatalogFilters): readonly string[] => [
  ...(brand === undefined ? [] : [quoted(marks.brand + fold(brand))]),
  ...(category === undefined ? [] : [quoted(marks.category + fold(category))]),
];

const anyOf = (lexemes: readonly string[]): string => `(${lexemes.map(quoted).join(' | ')})`;

/** Of words of which any will do, the rarest that together have enough rows. */
function rarestOf(words: readonly QueryWord[]): readonly QueryWord[] {
  let rows = 0;
  return words.filter(({ frequency }) => {
    const isNeeded = rows < maxWeighed;
    rows += frequency;
    return isNeeded;
  });
}
