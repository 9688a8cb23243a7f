import express, { type Express, type Request, type RequestHandler, type Response, type Router } from 'express';
import type { AnyEndpoint, Dialect } from '../dialects/dialect.ts';
import { GatewayError, toGatewayError } from '../errors/index.ts';
import { originForm, pathOf } from './dialect-finder.ts';
import { readHead } from './enter.ts';
import type { Gateway } from './gateway.ts';
import { beginHttpCall, endCall } from './http-call.ts';
import { describeApi } from './openapi.ts';
import { keyPageAccess, pageAccess } from './page-access.ts';
import { keyedRoute, ruledRoute } from './pass-through/passed-routes.ts';
import { servePassed } from './pass-through/serve-passed.ts';
import { createNewRequests } from './refuse-new.ts';
import { renderError } from './render-error.ts';
import { faultOfHead } from './request-head.ts';
import { serveEndpoint } from './serve-endpoint.ts';
import { uploadsPath, uploadsRouter } from './serve-upload.ts';

/** How the gateway answers for itself, where no dialect is asked for. */
export interface Surroundings {
  /** The dialect of errors outside every dialect's paths. */
  readonly ownDialect: Dialect;
  readonly trustProxy: number | readonly string[];
  /** The hosts that may be named in requests; all where it says none. */
  hosts(): readonly string[] | undefined;
  /** What serving needs and is not there, in words that anybody may read; `undefined` if all of it is. */
  missing(): Promise<string | undefined>;
  /** What is told of metrics, as Prometheus reads it; `undefined` where it cannot be told at the moment. */
  readMetrics(): Promise<string | undefined>;
}

export interface Application {
  readonly express: Express;
  /** Serves one request, whatever it is. */
  serve(request: Request, response: Response): void;
}

/** The Express application: the gateway's own pages, then every endpoint of every dialect, then what no path matches. */
export function createApplication(
  gateway: Gateway,
  surroundings: Surroundings,
  dialectOf: (path: string) => Dialect,
): Application {
  const application = express();
  application.disable('x-powered-by');
  application.disable('etag');
  application.set('query parser', 'simple');
  application.set('trust proxy', surroundings.trustProxy);
  application.enable('case sensitive routing');
  application.enable('strict routing');
  const dialects = [...gateway.dialects, surroundings.ownDialect];
  const refuse = createRefuser(gateway, dialectOf);
  application.use(uploadsPath, pageAccess(gateway, refuse));
  serveOwnPages(application, gateway, surroundings);
  serveDescriptions(application, dialects);
  serveDialect(application, gateway, surroundings.ownDialect);
  // A path is looked for among its own dialect's: in one long list, finding it would be a tenth of a call.
  const routers = new Map<Dialect, RequestHandler>(
    gateway.dialects.map((dialect) => {
      const router = express.Router({ caseSensitive: true, strict: true });
      serveDialect(router, gateway, dialect);
      return [dialect, router];
    }),
  );
  const letKeyPages = keyPageAccess(gateway);
  const { ownDialect } = surroundings;
  const newRequests = createNewRequests(gateway, {
    dialectOf,
    ownDialect,
    ownPages,
    refuse: (dialect) => createRefuser(gateway, () => dialect),
  });
  const serveOwn: RequestHandler = application;
  const serveUnserved = (request: Request, response: Response): void => {
    const path = pathOf(request.url);
    request.url = originForm(request.url); // one that names a host may name one that cannot be read
    const route =
      ruledRoute(gateway, path, ownDialect) ??
      keyedRoute(gateway, { dialect: dialectOf(path), carrier: 'http' }, readHead(request));
    if (route === undefined) refuse(request, response, noRoute(request));
    else void servePassed(gateway, route, { request, response });
  };
  return {
    express: application,
    serve(request, response) {
      // Answers are about their callers, and no cache gives them to others; what is for all says so itself.
      response.setHeader('Cache-Control', 'no-store');
      const path = pathOf(request.url);
      const fault = faultOfHead(request, ownPages.has(path) ? undefined : surroundings.hosts());
      const dialect = dialectOf(path);
      const serve = (): void => {
        const router = routers.get(dialect) ?? serveOwn;
        void router(request, response, (failure?: unknown) => {
          // Nobody served it, or one of our own pages failed: endpoints answer for their own failures.
          if (failure === undefined || isUnreadable(failure)) serveUnserved(request, response);
          else refuse(request, response, toGatewayError(failure));
        });
      };
      if (fault !== undefined) refuse(request, response, fault);
      else if (newRequests.isTooLate(request)) newRequests.refuse(request, response);
      else if (request.headers.origin === undefined || dialect.credential.kind !== 'key') serve();
      else letKeyPages(request, response, serve);
    },
  };
}

/** What Express throws on an address that cannot be read, which is nobody's. */
const isUnreadable = (failure: unknown): boolean => failure instanceof URIError;

/** They are served to the end, and whatever host is named: probes ask for an address. */
const ownPages: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);

const noRoute = ({ method, url }: Request) =>
  new GatewayError('not-found', 'Not found', { subject: { kind: 'route', id: `${method} ${pathOf(url)}` } });

function serveOwnPages(application: Express, gateway: Gateway, { missing, readMetrics }: Surroundings): void {
  const { closing } = gateway.lifetime;
  application.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  application.get('/readyz', async (_request, response) => {
    const reason = closing.aborted ? 'the gateway is closing' : await missing();
    if (reason === undefined) response.json({ status: 'ready' });
    else response.status(503).json({ status: 'not ready', reason });
  });
  application.get('/metrics', async (_request, response) => {
    const page = await readMetrics();
    response.setHeader('Content-Type', page === undefined ? 'text/plain' : gateway.metrics.registry.contentType);
    response.status(page === undefined ? 503 : 200).end(page ?? 'The metrics cannot be read at the moment\n');
  });
  application.use(uploadsPath, uploadsRouter(gateway));
}

/** How long a cache may keep what the gateway is described as: it changes with the program alone. Our choice. */
const descriptionSeconds = 300;

function serveDescriptions(application: Express, dialects: readonly Dialect[]): void {
  application.get('/openapi.json', servePage(dialects));
  for (const dialect of dialects) application.get(`/openapi/${dialect.name}.json`, servePage([dialect]));
}

/** The description is written once, when it is first asked for: that takes longer than anything that anybody may ask for freely. */
function servePage(dialects: readonly Dialect[]): RequestHandler {
  let page: Buffer | undefined;
  return (_request, response) => {
    page ??= Buffer.from(JSON.stringify(describeApi(dialects)));
    response.setHeader('Content-Type', 'application/json; charset=utf-8');
    response.setHeader('Cache-Control', `public, max-age=${descriptionSeconds}`);
    response.end(page);
  };
}

function serveDialect(router: Router, gateway: Gateway, dialect: Dialect): void {
  const refuse = createRefuser(gateway, () => dialect);
  if (dialect.credential.kind === 'site') router.use([...dialect.prefixes], pageAccess(gateway, refuse));
  for (const [path, endpoints] of byPath(dialect.endpoints)) {
    const served = new Map(
      endpoints.map((endpoint) => [endpoint.method as string, serveEndpoint(gateway, dialect, endpoint)]),
    );
    const get = served.get('GET');
    if (get !== undefined) served.set('HEAD', get);
    const allow = [...served.keys()];
    router.all(anyEnding(path), async (request, response) => {
      const serve = served.get(request.method);
      if (serve !== undefined) {
        await serve(request, response);
        return;
      }
      const route = keyedRoute(gateway, { dialect, carrier: 'http' }, readHead(request));
      if (route !== undefined) await servePassed(gateway, route, { request, response });
      else refuse(request, response, new GatewayError('method-not-allowed', 'Method not allowed', { allow }));
    });
  }
}

/** A path with a slash at its end is the same one. */
const anyEnding = (path: string): string => `${path.replace(/\/$/, '')}{/}`;

/** The endpoints of each path template, in the order in which the dialect lists them. */
function byPath(endpoints: readonly AnyEndpoint[]): ReadonlyMap<string, readonly AnyEndpoint[]> {
  const paths = new Map<string, AnyEndpoint[]>();
  for (const endpoint of endpoints) {
    for (const path of endpoint.paths) paths.set(path, [...(paths.get(path) ?? []), endpoint]);
  }
  return paths;
}

/** Answers what no endpoint serves, in the dialect whose path it is. */
function createRefuser(gateway: Gateway, dialectOf: (path: string) => Dialect) {
  return (request: Request, response: Response, error: GatewayError): void => {
    const dialect = dialectOf(pathOf(request.url));
    const http = beginHttpCall(request, response, { dialect, operation: 'none' });
    http.error = error;
    renderError(http, error);
    endCall(gateway, http);
  };
}
