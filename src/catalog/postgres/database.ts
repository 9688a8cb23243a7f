import pg from 'pg';
import { GatewayError } from '../../errors/index.ts';

/** Where a database is, and how much of it may be taken. */
export interface DatabaseSettings {
  /** `postgres://user:password@host:port/database?sslmode=verify-full`. Never told to anybody. */
  readonly url: string;
  /** At most so many connections at once. */
  readonly connections: number;
  /** How long a question may take, the wait for a connection included. */
  readonly timeoutMs: number;
}

/** Is told what becomes of questions. */
export interface DatabaseWatch {
  asked(outcome: 'answered' | 'left' | 'failed', seconds: number): void;
  /** The database cannot be asked, as often as it is tried. */
  away(reason: Error): void;
  /** It has answered. */
  back(): void;
}

/** A database that is asked with parameters alone. What it is asked rejects in time, also while it is away. */
export interface Database {
  /** Rejects with the reason of a signal that is aborted; with `upstream-unavailable` for one that is away, or slow. */
  ask<Row extends object>(text: string, values: readonly unknown[], signal?: AbortSignal): Promise<readonly Row[]>;
  /** Connections that are open, and questions that wait for one. */
  readonly connections: number;
  readonly waiting: number;
  close(): Promise<void>;
}

/** For each connection, so many questions may wait for it: what comes beyond that is refused at once. Our choice. */
const waitingPerConnection = 20;

/** A connection that nobody needs is closed then. */
const idleMs = 30_000;

/** How a client is made, for questions and for loading. Reads files that the URL names; throws a plain `Error` without the URL. */
export function clientSettings({ url, timeoutMs }: Pick<DatabaseSettings, 'url' | 'timeoutMs'>): pg.ClientConfig {
  return {
    connectionString: url,
    connectionTimeoutMillis: timeoutMs,
    application_name: 'dragoman',
    keepAlive: true,
  };
}

/** Opens nothing yet: a connection is made with the first question that needs it. */
export function createDatabase({ url, connections, timeoutMs }: DatabaseSettings, watch: DatabaseWatch): Database {
  const pool = new pg.Pool({
    ...clientSettings({ url, timeoutMs }),
    max: connections,
    idleTimeoutMillis: idleMs,
    allowExitOnIdle: true,
    verify: (client, done) => void settle(client, timeoutMs).then(() => done(), done),
  });
  // Without a listener, a server that ends idle connections would end the process. The next question finds out.
  pool.on('error', () => undefined);
  // Nor is one that is at work to do so: what it works for is told.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const late = (): GatewayError =>
    new GatewayError('upstream-unavailable', `The catalogue's database has not answered within ${timeoutMs} ms`);

  const ask = async <Row extends object>(text: string, values: readonly unknown[], signal?: AbortSignal) => {
    signal?.throwIfAborted();
    if (pool.waitingCount >= connections * waitingPerConnection)
      throw new GatewayError('upstream-unavailable', "Too many questions wait for the catalogue's database");
    return new Promise<readonly Row[]>((resolve, reject) => {
      let client: pg.PoolClient | undefined;
      let isOver = false;
      /** Once. A connection that is still at work for it is closed, and its question with it. */
      const end = (settle: () => void, isAtWork: boolean): void => {
        if (isOver) return;
        isOver = true;
        clearTimeout(timer);
        signal?.removeEventListener('abort', leave);
        client?.release(isAtWork);
        settle();
      };
      const leave = (): void => end(() => reject(reasonOf(signal)), true);
      const timer = setTimeout(() => end(() => reject(late()), true), timeoutMs);
      signal?.addEventListener('abort', leave);
      const run = async (): Promise<readonly Row[]> => {
        const connected = await pool.connect();
        if (isOver) {
          connected.release();
          return [];
        }
        client = connected;
        return (await connected.query<Row>({ text, values: [...values] })).rows;
      };
      run().then(
        (rows) => end(() => resolve(rows), false),
        (failure: unknown) => end(() => reject(databaseFailure(failure)), !isAnswer(failure)),
      );
    });
  };

  return {
    async ask<Row extends object>(text: string, values: readonly unknown[], signal?: AbortSignal) {
      const startedAt = performance.now();
      const told = (outcome: 'answered' | 'left' | 'failed') =>
        watch.asked(outcome, (performance.now() - startedAt) / 1_000);
      try {
        const rows = await ask<Row>(text, values, signal);
        told('answered');
        watch.back();
        return rows;
      } catch (failure) {
        told(signal?.aborted === true ? 'left' : 'failed');
        if (signal?.aborted !== true && failure instanceof Error) watch.away(failure);
        throw failure;
      }
    },
    get connections() {
      return pool.totalCount;
    },
    get waiting() {
      return pool.waitingCount;
    },
    close: () => pool.end(),
  };
}

/** Has a new connection end what nobody waits for any more, also where its other end is gone. Rejects where that takes too long. */
async function settle(client: pg.PoolClient, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it does not answer')), timeoutMs);
  });
  const set = async (): Promise<void> => {
    await client.query(`set statement_timeout = ${timeoutMs}`);
    await client.query(`set client_connection_check_interval = ${checkMs}`).catch((failure: unknown) => {
      if (!isAnswer(failure)) throw failure; // servers before 14 do not have it
    });
  };
  try {
    await Promise.race([set(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** How often the server looks whether whoever asked is still there. */
const checkMs = 1_000;

const reasonOf = (signal: AbortSignal | undefined): Error =>
  signal?.reason instanceof Error ? signal.reason : new GatewayError('client-closed', 'Nobody waits for it any more');

/** Whether the server itself has said no: its connection is as good as before. */
const isAnswer = (failure: unknown): boolean => failure instanceof pg.DatabaseError && failure.severity === 'ERROR';

/** What is to be done about what a server says, by its SQLSTATE or the beginning of it. */
const refusals: Readonly<Record<string, string>> = {
  '28': 'it refuses the user or the password of `url`',
  '3D000': 'there is no database of the name that `url` has',
  '42501': 'the user of `url` may not do that: it needs CREATE on its schema, and the tables must be its own',
  '42P01': 'a table of the catalogue is not there: `dragoman catalog load` fills it',
};

/** Why a database could not be asked, without its URL and without what was asked. */
export function databaseFailure(failure: unknown): GatewayError {
  if (failure instanceof GatewayError) return failure;
  const code = codeOf(failure);
  const remedy = refusals[code] ?? refusals[code.slice(0, 2)];
  const isRefused = remedy !== undefined && code !== '42P01';
  const isOurs = /^(?:22|42)/.test(code) && remedy === undefined;
  const what = remedy ?? (failure instanceof Error ? failure.message : 'it failed');
  const said = isOurs ? 'it does not take the question' : what;
  return new GatewayError(
    isRefused ? 'upstream-rejected' : isOurs ? 'upstream-failed' : 'upstream-unavailable',
    `The catalogue's database cannot be asked${code === '' ? '' : ` (${code})`}: ${said}`,
    // Not what it has thrown itself, which may hold what was asked.
    { cause: Object.assign(new Error(said), { code }) },
  );
}

/** Whether a failure is that of a database that may be there later. */
export const isAway = (failure: unknown): failure is GatewayError =>
  failure instanceof GatewayError && failure.code === 'upstream-unavailable' && !isTableMissing(failure);

/** Whether a table that was asked is not there. */
export const isTableMissing = (failure: unknown): boolean =>
  failure instanceof GatewayError && codeOf(failure.cause) === '42P01';

/** SQLSTATE, or the system's own word; empty where there is none. */
export function codeOf(failure: unknown): string {
  return failure instanceof Error && 'code' in failure && typeof failure.code === 'string' ? failure.code : '';
}
