import { createReadStream } from 'node:fs';
import { SaxesParser } from 'saxes';
import type { FileRow } from './row.ts';

type Fields = Map<string, string>;

/** What is open while a feed is read. */
interface Place {
  line: number;
  depth: number;
  fields: Fields | undefined;
  text: string;
}

/** The products of a Google Merchant feed: the `item`s of RSS 2.0 or the `entry`s of Atom, with or without the `g:` prefix. */
export async function* readGoogleXml(file: string): AsyncGenerator<FileRow> {
  const found: FileRow[] = [];
  const parser = createParser((row) => found.push(row));
  for await (const chunk of createReadStream(file, 'utf8')) {
    parser.write(String(chunk));
    yield* found.splice(0);
  }
  parser.close();
  yield* found.splice(0);
}

function createParser(emit: (row: FileRow) => void): SaxesParser {
  const parser = new SaxesParser();
  const place: Place = { line: 1, depth: 0, fields: undefined, text: '' };
  const addText = (text: string) => {
    place.text += text;
  };
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    if (place.fields !== undefined) {
      place.depth += 1;
      // Nested fields (`g:shipping` and its price) are not the product's own.
      if (place.depth === 1) place.text = attributes['href'] ?? ''; // Atom's link
    } else if (name === 'item' || name === 'entry') {
      Object.assign(place, { line: parser.line, depth: 0, fields: new Map(), text: '' });
    }
  });
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', ({ name }) => {
    if (place.fields === undefined) return;
    if (place.depth === 0) {
      emit({ line: place.line, row: Object.fromEntries(place.fields) });
      place.fields = undefined;
      return;
    }
    const field = name.replace(/^g:/, '');
    // The first of a repeated field counts.
    if (place.depth === 1 && !place.fields.has(field)) place.fields.set(field, place.text.trim());
    place.depth -= 1;
  });
  return parser;
}
