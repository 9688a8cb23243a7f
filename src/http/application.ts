import type { Express, Request, RequestHandler, Response, Router } from 'express';
import express from 'express';
import type { AnyEndpoint, Dialect } from '../dialects/dialect.ts';
import { type ErrorCode, GatewayError, toGatewayError } from '../errors/index.ts';
import { readHead } from './admission.ts';
import { limitAddress } from './admit.ts';
import { createNewRequests, type Refuse, type RefuseAs } from './drain.ts';
import { endCall } from './end-call.ts';
import type { Gateway } from './gateway.ts';
import { beginHttpCall, type HttpCall } from './http-call.ts';
import { type Condition, healthPages, metricsPage, serveDescriptions, serveHealth } from './own-pages.ts';
import { keyPageAccess, pageAccess } from './page-access.ts';
import { keyedRoute, ruledRoute } from './pass-through/proxied-routes.ts';
import { servePassed } from './pass-through/serve-proxied.ts';
import { tooMuch } from './permits.ts';
import { renderError } from './render-error.ts';
import { faultOfHead, originForm, pathOf } from './request-head.ts';
import { serveEndpoint } from './serve-endpoint.ts';
import { uploadsPath, uploadsRouter } from './serve-upload.ts';

/** How the gateway answers for itself, where no dialect is asked for. */
export interface Surroundings extends Condition {
  /** The dialect of errors outside every dialect's paths. */
  readonly ownDialect: Dialect;
  readonly trustProxy: number | readonly string[];
  /** The hosts that may be named in requests; all where it says none. */
  hosts(): readonly string[] | undefined;
}

/** What is served at one place; how the gateway is can be asked at each. */
export type Served = ReadonlySet<'metrics' | 'admin' | 'chats'>;

export interface Application {
  readonly express: Express;
  /** Serves one request, whatever it is. */
  serve(request: Request, response: Response): void;
  /** Refuses one in its caller's dialect, unless it asks how the gateway is. */
  serveSpare(request: Request, response: Response): void;
}

/** The Express application: the gateway's own pages, then every endpoint of every dialect, then what no path matches. */
export function createApplication(
  gateway: Gateway,
  surroundings: Surroundings,
  { served, dialectOf }: { readonly served: Served; readonly dialectOf: (path: string) => Dialect },
): Application {
  const { ownDialect } = surroundings;
  const application = createExpress(surroundings);
  const isForClients = served.has('chats');
  const count = isForClients ? createCount(gateway) : async () => undefined;
  const refuseAs = createRefuser(gateway, count);
  servePages(application, gateway, surroundings, { served, count, refuse: refuseAs(ownDialect) });
  if (served.has('admin')) serveDialect(application, gateway, { dialect: ownDialect, refuseAs });
  // A path is looked for among its own dialect's: in one long list, finding it would be a tenth of a call.
  const routers = new Map<Dialect, RequestHandler>(
    (isForClients ? gateway.dialects : []).map((dialect) => {
      const router = express.Router({ caseSensitive: true, strict: true });
      serveDialect(router, gateway, { dialect, refuseAs });
      return [dialect, router];
    }),
  );
  const letKeyPages = keyPageAccess(gateway);
  const refuse: Refuse = (request, response, error) =>
    refuseAs(dialectOf(pathOf(request.url)))(request, response, error);
  const newRequests = createNewRequests(gateway, { dialectOf, ownDialect, refuseAs, isForClients });
  const serveOwn: RequestHandler = application;
  const serveUnserved = (request: Request, response: Response): void => {
    const path = pathOf(request.url);
    request.url = originForm(request.url); // one that names a host may name one that cannot be read
    const route = isForClients
      ? (ruledRoute(gateway, path, ownDialect) ??
        keyedRoute(gateway, { dialect: dialectOf(path), carrier: 'http' }, readHead(request)))
      : undefined;
    if (route === undefined) refuse(request, response, noRoute(request));
    else void servePassed(gateway, route, { request, response });
  };
  const serve = (request: Request, response: Response): void => {
    const serveIt = routers.get(dialectOf(pathOf(request.url))) ?? serveOwn;
    serveIt(request, response, (failure?: unknown) => {
      // Nobody served it, or one of our own pages failed: endpoints answer for their own failures.
      if (failure === undefined || isUnreadable(failure)) serveUnserved(request, response);
      else refuse(request, response, toGatewayError(failure));
    });
  };
  return {
    express: application,
    serve(request, response) {
      // Answers are about their callers, and no cache gives them to others; what is for all says so itself.
      response.setHeader('Cache-Control', 'no-store');
      const path = pathOf(request.url);
      const fault = faultOfHead(request, ownPages.has(path) ? undefined : surroundings.hosts());
      const refusal = fault ?? newRequests.take(request, response);
      if (refusal !== undefined) newRequests.refuse(request, response, refusal);
      else if (request.headers.origin === undefined || dialectOf(path).credential.kind !== 'key')
        serve(request, response);
      else letKeyPages(request, response, () => serve(request, response));
    },
    serveSpare(request, response) {
      response.setHeader('Cache-Control', 'no-store');
      if (healthPages.has(pathOf(request.url))) serve(request, response);
      else newRequests.refuse(request, response, tooMuch());
    },
  };
}

function createExpress({ trustProxy }: Surroundings): Express {
  const application = express();
  application.disable('x-powered-by');
  application.disable('etag');
  application.set('query parser', 'simple');
  application.set('trust proxy', trustProxy);
  application.enable('case sensitive routing');
  application.enable('strict routing');
  return application;
}

function servePages(
  application: Express,
  gateway: Gateway,
  surroundings: Surroundings,
  { served, count, refuse }: { readonly served: Served; readonly count: Count; readonly refuse: Refuse },
): void {
  const { ownDialect } = surroundings;
  const counted: RequestHandler = async (request, _response, next) => {
    await count(request, { address: request.ip ?? '', dialect: ownDialect });
    next();
  };
  serveHealth(application, gateway, { ...surroundings, counted });
  if (served.has('metrics')) application.get('/metrics', counted, metricsPage(gateway, surroundings));
  const described = [...(served.has('chats') ? gateway.dialects : []), ...(served.has('admin') ? [ownDialect] : [])];
  if (described.length > 0) serveDescriptions(application, described, counted);
  if (served.has('chats')) application.use(uploadsPath, pageAccess(gateway, refuse), uploadsRouter(gateway, counted));
}

/** What Express throws on an address that cannot be read, which is nobody's. */
const isUnreadable = (failure: unknown): boolean => failure instanceof URIError;

/** They are served to the end, and whatever host is named: probes ask for an address. */
const ownPages: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);

const noRoute = ({ method, url }: Request) =>
  new GatewayError('not-found', 'Not found', { subject: { kind: 'route', id: `${method} ${pathOf(url)}` } });

function serveDialect(
  router: Router,
  gateway: Gateway,
  { dialect, refuseAs }: { readonly dialect: Dialect; readonly refuseAs: RefuseAs },
): void {
  const refuse = refuseAs(dialect);
  if (dialect.credential.kind === 'site') router.use([...dialect.prefixes], pageAccess(gateway, refuse));
  for (const [path, endpoints] of byPath(dialect.endpoints)) {
    const served = new Map(
      endpoints.map((endpoint) => [endpoint.method as string, serveEndpoint(gateway, dialect, { endpoint, path })]),
    );
    const get = served.get('GET');
    if (get !== undefined) served.set('HEAD', get);
    const allow = [...served.keys()];
    router.all(anyEnding(path), (request, response) => {
      const serve = served.get(request.method);
      if (serve !== undefined) return serve(request, response);
      const route = keyedRoute(gateway, { dialect, carrier: 'http' }, readHead(request));
      if (route !== undefined) return servePassed(gateway, route, { request, response });
      refuse(request, response, new GatewayError('method-not-allowed', 'Method not allowed', { allow }));
      return undefined;
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

/** What is refused for the sake of all, and not for what it asks: it is not counted, as counting it would be work. */
const uncounted: ReadonlySet<ErrorCode> = new Set(['overloaded', 'shutting-down', 'rate-limited']);

type Count = (request: Request, entry: Parameters<typeof limitAddress>[1]) => Promise<void>;

/** Counts a request that is no endpoint's against its address, and does so once. */
function createCount(gateway: Gateway): Count {
  const counted = new WeakSet<Request>();
  return async (request, entry) => {
    if (counted.has(request)) return;
    counted.add(request);
    await limitAddress(gateway, entry);
  };
}

/** Answers what no endpoint serves, in a dialect. It counts as any other call of its address does. */
function createRefuser(gateway: Gateway, count: Count): RefuseAs {
  const tell = (http: HttpCall, error: GatewayError): void => {
    http.error = error;
    renderError(http, error);
    endCall(gateway, http);
  };
  return (dialect) => (request, response, error) => {
    const http = beginHttpCall(request, response, { dialect, operation: 'none', tracer: gateway.tracer });
    if (uncounted.has(error.code)) tell(http, error);
    else
      void count(request, http).then(
        () => tell(http, error),
        (limited: unknown) => tell(http, toGatewayError(limited)),
      );
  };
}
