import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { type FileRow, isRow } from './row.ts';

/** One JSON object a line; a file that begins with `[` is one array of them. */
export async function* readNdjson(file: string): AsyncGenerator<FileRow> {
  yield* (await beginsWithBracket(file)) ? readArray(file) : readLines(file);
}

async function beginsWithBracket(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(1024), 0, 1024, 0);
    return buffer.toString('utf8', 0, bytesRead).trimStart().startsWith('['); // `trimStart` takes a BOM too
  } finally {
    await handle.close();
  }
}

async function* readLines(file: string): AsyncGenerator<FileRow> {
  const lines = createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity });
  let line = 0;
  for await (const text of lines) {
    line += 1;
    const json = text.trim();
    if (json !== '') yield { line, ...readObject(json) };
  }
}

function readObject(json: string): { row: Readonly<Record<string, unknown>> } | { reason: string } {
  try {
    const value: unknown = JSON.parse(json);
    return isRow(value) ? { row: value } : { reason: 'a line must be one JSON object' };
  } catch {
    return { reason: 'the line is not JSON' };
  }
}

async function* readArray(file: string): AsyncGenerator<FileRow> {
  const value: unknown = JSON.parse((await readFile(file, 'utf8')).trimStart());
  if (!Array.isArray(value)) throw new Error('the file must be a JSON array or hold one JSON object a line');
  for (const [index, entry] of value.entries()) {
    yield isRow(entry) ? { line: index + 1, row: entry } : { line: index + 1, reason: 'an entry must be an object' };
  }
}
