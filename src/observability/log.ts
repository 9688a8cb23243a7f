import type { EventEmitter } from 'node:events';
import { Writable } from 'node:stream';
import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger };

/** Fields whose value is never written, wherever a caller puts them. */
const redacted = ['authorization', 'x-api-key', 'api_key', 'cookie', 'text', 'message', 'content'].flatMap((field) => [
  `["${field}"]`,
  `*["${field}"]`,
]);

/**
 * A log on standard output: JSON lines, or one short line an entry for people. Of several processes that write to one output each
 * says which it is.
 */
export function createLog(
  options: { readonly level: string; readonly format: 'json' | 'text' },
  { writer = 'alone', whenLost = () => undefined }: LogSurroundings = {},
): Logger {
  const base = writer === 'alone' ? null : { pid: process.pid };
  const formatters = { level: (level: string) => ({ level }) };
  const settings = {
    level: options.level,
    base,
    redact: redacted,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters,
  };
  survive(process.stdout, whenLost);
  return pino(settings, options.format === 'text' ? createTextStream() : createJsonStream(whenLost));
}

export interface LogSurroundings {
  readonly writer?: 'alone' | 'one of several';
  /** Told each time that something could not be written. */
  whenLost?(): void;
}

/** So much of what cannot be written now is kept for later, in bytes. Our choice. */
const maxUnwrittenBytes = 1_048_576;

/** Its reader may leave and its disk may be full: what cannot be written is dropped, and ends nothing. */
function survive(output: EventEmitter, whenLost: () => void): void {
  output.on('error', () => whenLost());
}

function createJsonStream(whenLost: () => void): DestinationStream {
  const stream = pino.destination({ dest: 1, sync: true, maxLength: maxUnwrittenBytes });
  survive(stream, whenLost);
  stream.on('drop', whenLost);
  return stream;
}

interface Entry {
  readonly level: string;
  readonly time: string;
  readonly msg?: string;
}

function createTextStream(): Writable {
  return new Writable({
    write(line: Buffer, _encoding, done) {
      const { level, time, msg = '', ...rest } = JSON.parse(line.toString()) as Entry; // pino wrote it
      const fields = Object.entries(rest).map(([name, value]) => `${name}=${print(value)}`);
      process.stdout.write(`${time.slice(11, 19)} ${level} ${[msg, ...fields].join(' ')}\n`, () => done());
    },
  });
}

const print = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
