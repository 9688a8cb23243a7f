/** A value of a JSON text, as it stands there; with why it cannot be used, without its text. */
export type JsonText = { readonly text: string } | { readonly reason: string };

/** No product takes more, nor a document that is one value with all products in it. Our choice. */
const maxEntryLength = 16 * 2 ** 20;
const maxDocumentLength = 256 * 2 ** 20;

/**
 * The entries of a JSON array, or else the values that stand one after the other, each when its last character has come. Brackets are
 * counted, and nothing else is checked. Throws where the text ends inside a value, and for one that is too long.
 */
export async function* splitJson(text: AsyncIterable<string>): AsyncGenerator<JsonText> {
  const splitter = createSplitter();
  for await (const piece of text) yield* splitter.write(piece);
  splitter.end();
}

/** What changes where a value ends: brackets, the marks of texts, and commas for values that have neither. */
const marks = /["{}[\],]/g;
const inText = /["\\]/g;

function createSplitter() {
  let depth = 0;
  /** 1 within an array that is the whole file. */
  let base = 0;
  let isInText = false;
  let isEscaped = false;
  let hasBegun = false;
  let kept = '';
  const keep = (part: string): void => {
    kept += part;
    const most = base === 0 ? maxDocumentLength : maxEntryLength;
    if (kept.length > most) throw new Error(`a value has more than ${most} characters`);
  };
  const finish = (): readonly JsonText[] => {
    const value = kept.trim();
    kept = '';
    return value === '' ? [] : [{ text: value }];
  };
  /** Beyond the mark at a place. Gives what is finished there. */
  function* meet(mark: string, before: string): Generator<JsonText> {
    if (mark === '"') isInText = true;
    if (mark === '[' && depth === 0 && !hasBegun && before.trim() === '' && kept.trim() === '') {
      base = 1;
      depth = 1;
      hasBegun = true;
      kept = '';
      return;
    }
    hasBegun ||= mark !== ',';
    if (depth === base && (mark === ',' || mark === ']')) {
      keep(before);
      yield* finish();
      if (mark === ']') {
        base = 0;
        depth = 0;
      }
      return;
    }
    keep(before + mark);
    if (mark === '{' || mark === '[') depth += 1;
    if (mark === '}' || mark === ']') {
      depth = Math.max(base, depth - 1);
      if (depth === base) yield* finish();
    }
  }
  return {
    *write(piece: string): Generator<JsonText> {
      let from = 0;
      const start = isEscaped ? 1 : 0;
      isEscaped = false;
      for (let at = start; at < piece.length; ) {
        const pattern = isInText ? inText : marks;
        pattern.lastIndex = at;
        const index = pattern.exec(piece)?.index;
        if (index === undefined) break;
        const mark = piece.charAt(index);
        if (isInText) {
          if (mark === '"') isInText = false;
          isEscaped = mark === '\\' && index + 1 >= piece.length;
          at = index + (mark === '\\' ? 2 : 1);
          continue;
        }
        yield* meet(mark, piece.slice(from, index));
        from = index + 1;
        at = from;
      }
      keep(piece.slice(from));
    },
    end(): void {
      if (depth > 0 || isInText || kept.trim() !== '') throw new Error('it ends within a JSON value: it is cut short');
    },
  };
}
