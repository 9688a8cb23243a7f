import type { IncomingMessage } from 'node:http';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { promisify } from 'node:util';
import { brotliDecompress, unzip } from 'node:zlib';
import { type RecordedExchange } from '../../cassettes/index.ts';
import type { Caller } from '../../conversations/caller.ts';
import { keepObserved, type ObservedTurn } from '../../conversations/keep-observed.ts';
import type { Services } from '../../conversations/services.ts';
import { offerObserved } from '../../conversations/shadows/offer-observed.ts';
import type { Dialect } from '../../dialects/dialect.ts';
import type { LiveMigration } from '../../migrations/migrations.ts';
import type { MigrationMetrics } from '../../observability/migration-metrics.ts';
import { anyReply, type RecordedTurn, readTurn } from '../../replay/recorded-turn.ts';
import type { HttpCall } from '../http-call.ts';

/** What is copied of one exchange, in bytes, of its request and of its answer; of all that are under way or wait; and how many wait. Our choice. */
const longest = 2_097_152;
const mostHeld = 67_108_864;
const mostWaiting = 1_000;

/** A copy of a passed exchange, which grows as it happens. Nobody waits for it. */
export interface Observation {
  sent(bytes: Buffer): void;
  answered(answer: IncomingMessage): void;
  /** The exchange is over: what was said is kept soon. */
  end(isWhole: boolean): void;
}

export interface Observations {
  begin(http: HttpCall, who: { readonly caller: Caller; readonly migration: LiveMigration }): Observation;
  /** Resolves when all that has ended was kept. */
  close(): Promise<void>;
}

export interface ObservationsOptions {
  readonly services: Pick<Services, 'store' | 'shadows'>;
  readonly metrics: Pick<MigrationMetrics, 'unkept'>;
}

/** An exchange that is over. */
interface Copy {
  readonly dialect: Dialect;
  readonly at: string;
  readonly request: Pick<RecordedExchange['request'], 'method' | 'path' | 'query' | 'headers'>;
  readonly sent: readonly Buffer[];
  readonly answer: IncomingMessage | undefined;
  readonly heard: readonly Buffer[];
  readonly isWhole: boolean;
  /** From the request to the end, in milliseconds. */
  readonly ms: number;
  readonly caller: Caller;
  readonly migration: LiveMigration;
}

/** Keeps what is said in passed calls: read and stored beside them, one after the other, within bounds. */
export function createObservations({ services, metrics }: ObservationsOptions): Observations {
  const waiting: { readonly copy: Copy; readonly bytes: number }[] = [];
  let held = 0;
  let working: Promise<void> | undefined;

  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { copy, bytes } = next;
      const { name } = copy.migration.config;
      try {
        const observed = await readObserved(copy);
        if (observed === undefined) metrics.unkept(name, 'unreadable');
        else await keepTurn(services, copy, observed);
      } catch {
        metrics.unkept(name, 'store');
      }
      held -= bytes;
      await turnOfLoop();
    }
    working = undefined;
  };

  return {
    begin({ dialect, call, request }, { caller, ...who }) {
      // It is read later, and says something of the stage at which it came.
      const migration = { ...who.migration, standing: { state: who.migration.standing.state } };
      const { method, originalUrl, headers } = request;
      const [path = '', ...query] = originalUrl.split('?');
      const sent: Buffer[] = [];
      const heard: Buffer[] = [];
      let answer: IncomingMessage | undefined;
      const startedAt = performance.now();
      let bytes = 0;
      let isTooMuch = false;
      const add = (to: Buffer[]) => (chunk: Buffer) => {
        if (isTooMuch) return;
        bytes += chunk.length;
        held += chunk.length;
        isTooMuch = bytes > longest || held > mostHeld;
        if (!isTooMuch) to.push(chunk);
      };
      const drop = (): void => {
        held -= bytes;
        metrics.unkept(migration.config.name, 'bounds');
      };
      return {
        sent: add(sent),
        answered(begun) {
          answer = begun;
          begun.on('data', add(heard));
        },
        end(isWhole) {
          if (isTooMuch || waiting.length >= mostWaiting) {
            drop();
            return;
          }
          const kept = { method, path, query: query.join('?'), headers: textsOf(headers) };
          const exchange = { dialect, at: call.receivedAt, request: kept, sent, answer, heard, isWhole };
          const copy = { ...exchange, ms: performance.now() - startedAt, caller, migration };
          waiting.push({ copy, bytes });
          working ??= work();
        },
      };
    },
    async close() {
      await working;
    },
  };
}

const textsOf = (headers: IncomingMessage['headers']): RecordedExchange['request']['headers'] =>
  Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

/** `undefined` for what the dialect cannot read. */
async function readObserved({
  dialect,
  at,
  request,
  sent,
  answer,
  heard,
  isWhole,
}: Copy): Promise<RecordedTurn | undefined> {
  const text = await textOf(Buffer.concat(heard), answer?.headers['content-encoding']);
  const exchange: RecordedExchange = {
    cassette: 1,
    at,
    dialect: dialect.name,
    operation: 'send-message',
    text: 'keep',
    request: { ...request, body: { text: Buffer.concat(sent).toString('utf8') } },
    answer: {
      status: answer?.statusCode ?? 502,
      headers: textsOf(answer?.headers ?? {}),
      chunks: [{ ms: 0, text: text ?? '' }],
      end: isWhole && text !== undefined ? 'whole' : 'cut',
      ms: 0,
    },
  };
  return readTurn(dialect, exchange, new Map());
}

/** Keeps a turn, and has the other side asked it too where that is wanted. */
async function keepTurn(
  services: Pick<Services, 'store' | 'shadows'>,
  { migration, dialect, at, ms, caller }: Copy,
  { turn, conversationId, answered }: RecordedTurn,
): Promise<void> {
  const observed: ObservedTurn = {
    turn,
    ...(conversationId !== undefined && { conversationId }),
    ...(answered.reply && { reply: namedReply(answered.reply) }),
  };
  const kept = await keepObserved(services, observed, caller);
  offerObserved(services, { migration, turn, dialect: dialect.name, at, primary: { ...answered, ms }, kept });
}

/** A reply without the id that stands for none. */
function namedReply(reply: NonNullable<ObservedTurn['reply']>): NonNullable<ObservedTurn['reply']> {
  const { id, ...unnamed } = reply;
  return id === anyReply ? unnamed : reply;
}

const bound = { maxOutputLength: 4 * longest };
const unpackBrotli = promisify(brotliDecompress);
const unpackOthers = promisify(unzip);

/** `undefined` for what was cut off in the middle of its compression, or is compressed in another way. */
async function textOf(bytes: Buffer, encoding = 'identity'): Promise<string | undefined> {
  if (encoding === 'identity') return bytes.toString('utf8');
  const unpack = encoding === 'br' ? unpackBrotli : unpackOthers;
  return unpack(bytes, bound).then(
    (unpacked) => unpacked.toString('utf8'),
    () => undefined,
  );
}
