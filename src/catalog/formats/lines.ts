/** A line of a text, without its end. One that is longer than a line may be is given without its text. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  readonly isTooLong: boolean;
  /** Whether the text ended before the line did. */
  readonly isLast: boolean;
}

/** No row of a catalogue is longer. Our choice. */
export const maxLineLength = 1_048_576;

/** The lines of a text that comes in pieces; LF, CRLF and CR end one. No more of a line is kept than it may have. */
export async function* readLines(text: AsyncIterable<string>): AsyncGenerator<Line> {
  let number = 0;
  let kept = '';
  let isTooLong = false;
  let end: RegExp | undefined;
  const take = (more: string): void => {
    isTooLong ||= kept.length + more.length > maxLineLength;
    kept = isTooLong ? '' : kept + more;
  };
  const finish = (isLast: boolean): Line => {
    number += 1;
    const line = { number, text: kept.endsWith('\r') ? kept.slice(0, -1) : kept, isTooLong, isLast };
    kept = '';
    isTooLong = false;
    return line;
  };
  for await (const piece of text) {
    end ??= lineEndOf(piece);
    let from = 0;
    for (const { index } of end === undefined ? [] : piece.matchAll(end)) {
      take(piece.slice(from, index));
      yield finish(false);
      from = index + 1;
    }
    take(piece.slice(from));
  }
  if (kept.length > 0 || Number(isTooLong) > 0) yield finish(true);
}

/** A text with CR alone comes from old programs, and has no other line ends. A CR at the end of a piece may have its LF in the next. */
function lineEndOf(piece: string): RegExp | undefined {
  if (piece.includes('\n')) return /\n/g;
  return /\r[^]/.test(piece) ? /\r/g : undefined;
}
