/** A line, or several, taken apart at a delimiter. */
export interface SplitRow {
  readonly cells: readonly string[];
  /** Whether the text ends inside a quoted cell. */
  readonly isOpen: boolean;
  /** Whether every quotation mark within quotes is doubled, as RFC 4180 has it. */
  readonly isStrict: boolean;
}

export interface Splitting {
  readonly delimiter: string;
  /** Whether `\"` is a quotation mark within quotes. */
  readonly backslash?: boolean;
}

/**
 * Takes a row apart. A cell that begins with a quotation mark ends with one before a delimiter or the end; a mark anywhere else is a
 * character like others, an inch for instance.
 */
export function splitRow(text: string, splitting: Splitting): SplitRow {
  const { delimiter } = splitting;
  if (!text.includes('"')) return { cells: text.split(delimiter), isOpen: false, isStrict: true };
  const cells: string[] = [];
  let isStrict = true;
  for (let at = 0; ; ) {
    const start = delimiter === ' ' ? at : skipSpaces(text, at);
    if (text[start] === '"') {
      const quoted = readQuoted(text, start + 1, splitting);
      if (quoted === undefined) return { cells, isOpen: true, isStrict };
      isStrict &&= quoted.isStrict;
      cells.push(quoted.value);
      at = quoted.end;
    } else {
      const end = text.indexOf(delimiter, at);
      cells.push(text.slice(at, end === -1 ? text.length : end));
      at = end === -1 ? text.length : end;
    }
    if (at >= text.length) return { cells, isOpen: false, isStrict };
    at += 1;
  }
}

function skipSpaces(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ') at += 1;
  return at;
}

/** What stands from inside a quotation mark to the one that ends the cell, and where the delimiter after it is. */
function readQuoted(text: string, from: number, { delimiter, backslash = false }: Splitting) {
  let value = '';
  let isStrict = true;
  for (let at = from; ; ) {
    const mark = text.indexOf('"', at);
    if (mark === -1) return undefined;
    const after = text[mark + 1];
    if (backslash && text[mark - 1] === '\\' && mark > at) {
      value += `${text.slice(at, mark - 1)}"`;
      at = mark + 1;
    } else if (after === '"') {
      value += text.slice(at, mark + 1);
      at = mark + 2;
    } else {
      value += text.slice(at, mark);
      const end = skipSpaces(text, mark + 1);
      if (end >= text.length || text[end] === delimiter) return { value, end, isStrict };
      value += '"';
      isStrict = false;
      at = mark + 1;
    }
  }
}
