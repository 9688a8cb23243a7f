import { splitRow } from './quoted-row.ts';
import type { ColumnNames } from './row.ts';

/** How a separated file is written. */
export interface Header {
  readonly delimiter: string;
  /** As the file has them, trimmed; a name that stands there twice, twice. */
  readonly names: readonly string[];
  /** How many lines there are up to the header and with it. */
  readonly lines: number;
}

const delimiters = [',', ';', '\t', '|'];

/** No file of products has more. Our choice. */
const maxColumns = 10_000;

/** As many lines as may stand before the header: a title, a date, remarks. */
export const maxIntroLines = 30;

/**
 * Finds the header among the first lines of a file: the line that has the most names of columns, the name of the title among them, and
 * the delimiter by which it has. `sep=;` in the first line says so itself, as spreadsheets do. Without such a line, the first that
 * stands there. Throws for more columns than a file can have.
 */
export function findHeader(lines: readonly string[], columns: ColumnNames): Header | undefined {
  const told = /^sep=(.)$/i.exec(lines[0]?.trim() ?? '')?.[1] ?? (/^sep=\t$/i.test(lines[0] ?? '') ? '\t' : undefined);
  const candidates = lines
    .map((text, place) => ({ text, place }))
    .filter(({ text, place }) => text.trim() !== '' && !(place === 0 && /^sep=/i.test(text)))
    .flatMap(({ text, place }) =>
      (told === undefined ? delimiters : [told]).map((delimiter) => candidateOf({ text, place, delimiter, columns })),
    );
  const named = candidates.filter(({ isNamed }) => isNamed);
  const [best] = named.length > 0 ? named.toSorted(byKnown) : candidates.slice(0, delimiters.length).toSorted(byKnown);
  if (best === undefined) return undefined;
  if (best.names.length > maxColumns) throw new Error(`it has more than ${maxColumns} columns`);
  return { delimiter: best.delimiter, names: best.names, lines: best.place + 1 };
}

interface Candidate extends Omit<Header, 'lines'> {
  readonly place: number;
  readonly known: number;
  readonly isNamed: boolean;
}

function candidateOf({
  text,
  place,
  delimiter,
  columns,
}: {
  readonly text: string;
  readonly place: number;
  readonly delimiter: string;
  readonly columns: ColumnNames;
}): Candidate {
  const names = splitRow(text, { delimiter }).cells.map((name) => name.trim());
  return {
    delimiter,
    names,
    place,
    known: names.slice(0, maxColumns).filter((name) => columns.isKnown(name)).length,
    isNamed: names.some((name) => columns.isTitle(name)),
  };
}

const byKnown = (a: Candidate, b: Candidate): number =>
  b.known - a.known || a.place - b.place || b.names.length - a.names.length;
