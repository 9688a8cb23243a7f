import cors from 'cors';
import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import type { AnyEndpoint, Dialect } from '../dialects/dialect.ts';
import { GatewayError } from '../errors/index.ts';
import type { Gateway } from './gateway.ts';
import { beginHttpCall, endCall } from './http-call.ts';
import { describeApi } from './openapi.ts';
import { renderError } from './render-error.ts';
import { serveEndpoint } from './serve-endpoint.ts';
import { uploadsPath, uploadsRouter } from './serve-upload.ts';

/** How the gateway answers for itself, where no dialect is asked for. */
export interface Surroundings {
  /** The dialect of errors outside every dialect's paths. */
  readonly ownDialect: Dialect;
  readonly trustProxy: number | readonly string[];
  /** Whether everything that serving needs is there. */
  isReady(): Promise<boolean>;
}

/** The Express application: the gateway's own pages, then every endpoint of every dialect, then what no path matches. */
export function createApplication(gateway: Gateway, surroundings: Surroundings): Express {
  const application = express();
  application.disable('x-powered-by');
  application.disable('etag');
  application.set('query parser', 'simple');
  application.set('trust proxy', surroundings.trustProxy);
  application.enable('case sensitive routing');
  application.enable('strict routing');
  serveOwnPages(application, gateway, surroundings);
  const dialects = [...gateway.dialects, surroundings.ownDialect];
  for (const dialect of dialects) serveDialect(application, gateway, dialect);
  const refuse = refuser(gateway, dialects, surroundings.ownDialect);
  application.use((request, response) => refuse(request, response, noRoute(request)));
  application.use(((_thrown: unknown, request, response, _next) => {
    // Only Express itself throws here, on a path that cannot be decoded: every endpoint answers for its own failures.
    refuse(request, response, noRoute(request));
  }) satisfies ErrorRequestHandler);
  return application;
}

const noRoute = ({ method, path }: Request) =>
  new GatewayError('not-found', 'Not found', { subject: { kind: 'route', id: `${method} ${path}` } });

function serveOwnPages(application: Express, gateway: Gateway, { isReady }: Surroundings): void {
  application.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  application.get('/readyz', async (_request, response) => {
    const ready = await isReady();
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not ready' });
  });
  application.get('/metrics', async (_request, response) => {
    const { registry } = gateway.metrics;
    response.setHeader('Content-Type', registry.contentType);
    response.end(await registry.metrics());
  });
  application.get('/openapi.json', (_request, response) => {
    response.json(describeApi(gateway.dialects));
  });
  for (const dialect of gateway.dialects) {
    application.get(`/openapi/${dialect.name}.json`, (_request, response) => {
      response.json(describeApi([dialect]));
    });
  }
  application.use(uploadsPath, uploadsRouter(gateway.services.uploads));
}

function serveDialect(application: Express, gateway: Gateway, dialect: Dialect): void {
  if (dialect.credential.kind === 'site') application.use([...dialect.prefixes], pageAccess(gateway));
  const refuse = refuser(gateway, [dialect], dialect);
  for (const [path, endpoints] of byPath(dialect.endpoints)) {
    const served = new Map(
      endpoints.map((endpoint) => [endpoint.method as string, serveEndpoint(gateway, dialect, endpoint)]),
    );
    const allow = [...served.keys()];
    application.all(path, async (request, response) => {
      const serve = served.get(request.method);
      if (serve !== undefined) await serve(request, response);
      else refuse(request, response, new GatewayError('method-not-allowed', 'Method not allowed', { allow }));
    });
  }
}

/** The endpoints of each path template, in the order in which the dialect lists them. */
function byPath(endpoints: readonly AnyEndpoint[]): ReadonlyMap<string, readonly AnyEndpoint[]> {
  const paths = new Map<string, AnyEndpoint[]>();
  for (const endpoint of endpoints) {
    for (const path of endpoint.paths) paths.set(path, [...(paths.get(path) ?? []), endpoint]);
  }
  return paths;
}

/** Lets the pages of known sites read the answers; whether a page may use the site that it names is for `authenticate`. */
function pageAccess({ directory }: Gateway) {
  return cors({
    origin: (origin, decide) => decide(null, origin !== undefined && directory.knowsOrigin(origin)),
    methods: ['GET', 'POST', 'OPTIONS'],
    allowedHeaders: ['Content-Type', 'Idempotency-Key', 'X-Requested-With'],
    exposedHeaders: ['Retry-After', 'X-Request-Id'],
    maxAge: 86_400,
  });
}

/** Answers what no endpoint serves, in the dialect whose paths it is below. */
function refuser(gateway: Gateway, dialects: readonly Dialect[], otherwise: Dialect) {
  const prefixes = dialects
    .flatMap((dialect) => dialect.prefixes.map((prefix) => ({ dialect, prefix })))
    .sort((one, other) => other.prefix.length - one.prefix.length);
  return (request: Request, response: Response, error: GatewayError): void => {
    const below = prefixes.find(({ prefix }) => request.path === prefix || request.path.startsWith(`${prefix}/`));
    const http = beginHttpCall(request, response, { dialect: below?.dialect ?? otherwise, operation: 'none' });
    http.error = error;
    renderError(http, error);
    endCall(gateway, http);
  };
}
