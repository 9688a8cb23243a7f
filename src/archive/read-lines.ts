import { isDeepStrictEqual } from 'node:util';
import type { Message } from '../canonical/index.ts';
import { type Counts, type ExportLine, LineError, linesVersion, noCounts, readLine, type Tally } from './lines.ts';

/** Messages of one conversation that follow each other. */
export interface MessageLines {
  readonly kind: 'messages';
  readonly id: string;
  readonly messages: readonly Message[];
}

/** What of an export is put into a store: lines as they are, and messages of a conversation together. */
export type Piece = Exclude<ExportLine, { readonly kind: 'export' | 'message' | 'end' }> | MessageLines;

/** So many messages and characters of a conversation are put at a time. Our choice. */
const mostMessages = 100;
const mostCharacters = 262_144;

/**
 * The pieces of an export, from its lines. `tally` counts along. Throws `LineError` for a line that is none or does not stand where it
 * belongs, and at the end where the last one is missing: what came before has been given by then.
 */
export async function* readPieces(lines: AsyncIterable<string>, tally: Tally): AsyncGenerator<Piece, void, void> {
  let open: string | undefined;
  let messages: Message[] = [];
  let characters = 0;
  let number = 0;
  let hasEnded = false;
  function* flush(): Generator<Piece> {
    if (open !== undefined && messages.length > 0) yield { kind: 'messages', id: open, messages };
    messages = [];
    characters = 0;
  }
  for await (const text of lines) {
    number += 1;
    const line = readLine(text, number);
    checkPlace(line, { number, hasEnded, tally, open });
    count(line, tally);
    if (line.kind === 'export') continue;
    if (line.kind === 'message') {
      messages.push(line.message);
      characters += text.length;
      if (messages.length >= mostMessages || characters >= mostCharacters) yield* flush();
      continue;
    }
    yield* flush();
    if (line.kind === 'end') hasEnded = true;
    else yield line;
    if (line.kind !== 'image') open = line.kind === 'conversation' ? line.conversation.id : undefined;
  }
  yield* flush();
  if (!hasEnded) throw new LineError(number + 1, 'is missing: the export was cut off');
}

interface Place {
  readonly number: number;
  readonly hasEnded: boolean;
  readonly tally: Counts;
  /** The conversation whose lines come. */
  readonly open: string | undefined;
}

function checkPlace(line: ExportLine, { number, hasEnded, tally, open }: Place): void {
  if ((line.kind === 'export') !== (number === 1)) throw new LineError(number, 'is not the first line of one export');
  if (hasEnded) throw new LineError(number, 'comes after the end');
  if (line.kind === 'export' && line.version > linesVersion) {
    throw new LineError(
      number,
      `is of version ${line.version}, and this program reads up to ${linesVersion}: use a newer one`,
    );
  }
  if (line.kind === 'message' && line.message.conversationId !== open) {
    throw new LineError(number, 'is a message that does not follow its conversation');
  }
  if (line.kind === 'end' && !isDeepStrictEqual(countsIn(line), { ...tally })) {
    throw new LineError(number, 'counts other lines than came before it');
  }
}

const countsIn = ({ kind: _, ...counts }: ExportLine & { readonly kind: 'end' }): Counts => ({
  ...noCounts(),
  ...counts,
});

function count({ kind }: ExportLine, tally: Tally): void {
  if (kind === 'conversation') tally.conversations += 1;
  else if (kind === 'message') tally.messages += 1;
  else if (kind === 'image') tally.images += 1;
  else if (kind === 'entry') tally.entries += 1;
  else if (kind === 'migration') tally.migrations += 1;
}
