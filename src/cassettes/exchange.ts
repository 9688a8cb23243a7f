import type { Timestamp } from '../canonical/index.ts';
import { schemaGuard } from '../dialects/schema.ts';

/** Text, or base64 of bytes that are no whole characters. Neither: nothing. */
export interface Written {
  readonly text?: string;
  readonly base64?: string;
}

/** Lower-case names; a list where one came several times. */
export type RecordedHeaders = Readonly<Record<string, string | readonly string[]>>;

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  /** What followed the question mark. */
  readonly query: string;
  readonly headers: RecordedHeaders;
  readonly body: Written;
}

/** A read of the body, so many milliseconds after the request began. */
export interface RecordedChunk extends Written {
  readonly ms: number;
}

/** As it should; closed too early; broken off; or the client left. */
export type Ending = 'whole' | 'cut' | 'reset' | 'left';

export interface RecordedAnswer {
  /** Absent where the connection ended before an answer began. */
  readonly status?: number;
  readonly headers?: RecordedHeaders;
  readonly chunks: readonly RecordedChunk[];
  readonly end: Ending;
  readonly ms: number;
}

/** Whether what people wrote is kept, or only how long it was. */
export type TextPolicy = 'mask' | 'keep';

/** A line of a cassette, as `schemas/cassette.json` describes it. */
export interface RecordedExchange {
  readonly cassette: 1;
  readonly at: Timestamp;
  readonly dialect: string;
  readonly operation: string;
  readonly text: TextPolicy;
  readonly request: RecordedRequest;
  readonly answer: RecordedAnswer;
}

const guard = schemaGuard<RecordedExchange>('cassette.json');

/** The exchange of a line; `undefined` for a line that is none. */
export function readLine(line: string): RecordedExchange | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return guard.accepts(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function writeBytes(bytes: Buffer): Written {
  if (bytes.length === 0) return {};
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? { text } : { base64: bytes.toString('base64') };
}

export function readBytes({ text, base64 }: Written): Buffer {
  return base64 === undefined ? Buffer.from(text ?? '') : Buffer.from(base64, 'base64');
}

/** The body of an answer, its chunks joined. */
export function bodyOf({ chunks }: Pick<RecordedAnswer, 'chunks'>): Buffer {
  return Buffer.concat(chunks.map(readBytes));
}
