import type { Row } from '../columns.ts';
import { findHeader, type Header, maxIntroLines } from './header.ts';
import { type Line, maxLineLength, readLines } from './lines.ts';
import { splitRow } from './quoted-row.ts';
import { bareRow, type RowReader } from './row.ts';

/** No quoted cell has more lines. Our choice. */
const maxLinesOfRow = 2_000;

/**
 * Comma-separated values and their like, with a header line: the delimiter is found by the header. A row whose quotation marks do not
 * fit together costs no other row.
 */
export const readSeparated: RowReader = async function* (text, names) {
  const lines = createLookahead(readLines(text));
  const first = await lines.peek(maxIntroLines);
  const header = findHeader(
    first.map((line) => line.text),
    names,
  );
  if (header === undefined) return;
  lines.take(header.lines);
  const toRow = createRowMaker(header.names);
  // After a row with broken quotes comes what may be the rest of it: only whole rows count, until one is there.
  let isDoubtful = false;
  for (let [line] = await lines.peek(1); line !== undefined; [line] = await lines.peek(1)) {
    const entry = await readRow(line, { lines, header, isDoubtful });
    lines.take(entry.taken);
    if ('cells' in entry) {
      isDoubtful = false;
      const row = toRow(entry.cells);
      if (row !== undefined) yield { line: line.number, row };
    } else {
      isDoubtful ||= entry.isBroken;
      if (entry.reason !== undefined) yield { line: line.number, reason: entry.reason };
    }
  }
};

type ReadEntry = { readonly taken: number } & (
  | { readonly cells: readonly string[] }
  | { readonly reason?: string; readonly isBroken: boolean }
);

interface Reading {
  readonly lines: Lookahead;
  readonly header: Header;
  readonly isDoubtful: boolean;
}

async function readRow(line: Line, { lines, header, isDoubtful }: Reading): Promise<ReadEntry> {
  const { delimiter, names } = header;
  const width = names.length;
  if (line.isTooLong) return { taken: 1, reason: `a line is longer than ${maxLineLength} characters`, isBroken: true };
  if (line.text.trim() === '' || isComment(line.text, header)) return { taken: 1, isBroken: false };
  const { cells, isOpen } = splitRow(line.text, { delimiter });
  if (!isOpen) {
    const other = cells.length === width ? undefined : escapedCells(line.text, header);
    if (other === undefined && isDoubtful && cells.length !== width) {
      return { taken: 1, reason: 'what follows a broken row is not a whole one', isBroken: true };
    }
    return { taken: 1, cells: other ?? cells };
  }
  const whole = await readLongRow(lines, delimiter);
  if (whole !== undefined) return whole;
  const plain = escapedCells(line.text, header) ?? line.text.split(delimiter);
  if (plain.length === width) return { taken: 1, cells: plain };
  return { taken: 1, reason: 'a quotation mark is never closed', isBroken: true };
}

/** The cells of a line in which a backslash stands before quotation marks, where that gives as many as there are columns. */
function escapedCells(text: string, { delimiter, names }: Header): readonly string[] | undefined {
  if (!text.includes('\\"')) return undefined;
  const { cells, isOpen } = splitRow(text, { delimiter, backslash: true });
  return !isOpen && cells.length === names.length ? cells : undefined;
}

/** A row whose quoted cells have line ends in them, if its marks fit together. */
async function readLongRow(lines: Lookahead, delimiter: string): Promise<ReadEntry | undefined> {
  let text = '';
  for (let taken = 1; taken <= maxLinesOfRow; taken += 1) {
    const next = (await lines.peek(taken)).at(taken - 1);
    if (next === undefined || next.isTooLong || text.length + next.text.length > maxLineLength) return undefined;
    text = taken === 1 ? next.text : `${text}\n${next.text}`;
    if (taken === 1 || !next.text.includes('"')) continue;
    const { cells, isOpen, isStrict } = splitRow(text, { delimiter });
    if (!isStrict) return undefined;
    if (!isOpen) return { taken, cells };
  }
  return undefined;
}

/** A remark that some programs put between rows. */
const isComment = (text: string, { delimiter, names }: Header): boolean =>
  text.startsWith('#') && names.length > 1 && !text.includes(delimiter);

/** Makes rows of cells; of columns that have one name, the first with something in it counts. A row of empty cells is none. */
function createRowMaker(names: readonly string[]): (cells: readonly string[]) => Row | undefined {
  return (cells) => {
    const row = bareRow();
    let isEmpty = true;
    for (const [place, cell] of cells.entries()) {
      const name = names[place];
      if (name === undefined || name === '') continue;
      const isBlank = cell === '' || cell.trim() === '';
      if (row[name] === undefined || (row[name] === '' && !isBlank)) row[name] = isBlank ? '' : cell;
      isEmpty &&= isBlank;
    }
    return isEmpty ? undefined : row;
  };
}

/** Lines that can be looked at before they are taken. */
interface Lookahead {
  /** The next lines, fewer where the text ends. */
  peek(count: number): Promise<readonly Line[]>;
  take(count: number): void;
}

function createLookahead(lines: AsyncIterable<Line>): Lookahead {
  const source = lines[Symbol.asyncIterator]();
  const held: Line[] = [];
  let isAtEnd = false;
  return {
    async peek(count) {
      while (held.length < count && !isAtEnd) {
        const next = await source.next();
        if (next.done === true) isAtEnd = true;
        else held.push(next.value);
      }
      return held;
    },
    take: (count) => {
      held.splice(0, count);
    },
  };
}
