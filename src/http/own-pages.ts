import type { Express, RequestHandler } from 'express';
import type { Dialect } from '../dialects/dialect.ts';
import type { Gateway } from './gateway.ts';
import { describeApi } from './openapi.ts';

/** Pages that say how the gateway is: they are answered to the end, and whatever else is asked. */
export const healthPages: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

/** So many readings of the metrics are on their way at a time; who asks beyond that is given the newest, if it is no older. Our choice. */
const maxReadings = 8;
const standsMs = 1_000;

/** How the gateway is, as it knows itself. */
export interface Condition {
  /** What serving needs and is not there, in words that anybody may read; `undefined` if all of it is. */
  missing(): Promise<string | undefined>;
  /** What is told of metrics, as Prometheus reads it; `undefined` where it cannot be told at the moment. */
  readMetrics(): Promise<string | undefined>;
}

export function serveHealth(
  application: Express,
  { lifetime: { closing } }: Gateway,
  { missing, counted }: Pick<Condition, 'missing'> & { readonly counted: RequestHandler },
): void {
  application.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  application.get('/readyz', counted, async (_request, response) => {
    const reason = closing.aborted ? 'the gateway is closing' : await missing();
    if (reason === undefined) response.json({ status: 'ready' });
    else response.status(503).json({ status: 'not ready', reason });
  });
}

/** The metrics, of which those who do not read what they asked for are given one reading, and not one each. */
export function metricsPage({ metrics }: Gateway, { readMetrics }: Condition): RequestHandler {
  let underWay = 0;
  let soon: Promise<Buffer | undefined> | undefined;
  let newest: { readonly page: Promise<Buffer | undefined>; readonly at: number } | undefined;
  // Who asks in the same turn of the loop is given the same page.
  const readSoon = async (): Promise<Buffer | undefined> => {
    await new Promise(setImmediate);
    soon = undefined;
    const page = await readMetrics();
    return page === undefined ? undefined : Buffer.from(page);
  };
  const read = (): Promise<Buffer | undefined> => {
    if (soon !== undefined) return soon;
    const now = performance.now();
    if (newest !== undefined && underWay > maxReadings && now - newest.at < standsMs) return newest.page;
    soon = readSoon();
    newest = { page: soon, at: now };
    return soon;
  };
  return async (_request, response) => {
    underWay += 1;
    response.once('close', () => {
      underWay -= 1;
    });
    const page = await read();
    response.setHeader('Content-Type', page === undefined ? 'text/plain' : metrics.registry.contentType);
    response.status(page === undefined ? 503 : 200).end(page ?? 'The metrics cannot be read at the moment\n');
  };
}

export function serveDescriptions(application: Express, dialects: readonly Dialect[], counted: RequestHandler): void {
  application.get('/openapi.json', counted, descriptionPage(dialects));
  for (const dialect of dialects) application.get(`/openapi/${dialect.name}.json`, counted, descriptionPage([dialect]));
}

/** How long a cache may keep what the gateway is described as: it changes with the program alone. Our choice. */
const descriptionSeconds = 300;

/** The description is written once, when it is first asked for: that takes longer than anything that anybody may ask for freely. */
function descriptionPage(dialects: readonly Dialect[]): RequestHandler {
  let page: Buffer | undefined;
  return (_request, response) => {
    page ??= Buffer.from(JSON.stringify(describeApi(dialects)));
    response.setHeader('Content-Type', 'application/json; charset=utf-8');
    response.setHeader('Cache-Control', `public, max-age=${descriptionSeconds}`);
    response.end(page);
  };
}
