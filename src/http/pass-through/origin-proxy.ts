import { type AgentOptions, type ClientRequest, Agent as HttpAgent, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import type { Request, Response } from 'express';
import { createProxyMiddleware, type RequestHandler } from 'http-proxy-middleware';
import type { OriginConfig } from '../../config/index.ts';
import type { AddressGuard } from '../../network/index.ts';

/** A server that calls are passed to. */
export interface ProxiedOrigin extends OriginConfig {
  /** As the configuration has it: the name of an origin, or the prefix of a rule. */
  readonly name: string;
  /** Whether a path is this origin's to be asked for. */
  has(path: string): boolean;
  readonly address: {
    readonly protocol: string;
    readonly host: string;
    readonly hostname: string;
    readonly port: number;
    /** What stands before every path. */
    readonly path: string;
  };
}

/** What becomes of a request that was handed over. */
export interface ProxyEvents {
  readonly origin: ProxiedOrigin;
  /** It is about to be sent, and can still be changed. */
  asked(ask: ClientRequest): void;
  answered(answer: IncomingMessage): void;
  failed(cause: Error): void;
}

/** Hands requests over to origins, over connections that are kept; nothing is followed, kept or changed on the way. */
export interface OriginProxy {
  /** Throws `upstream-rejected` for an address that may not be reached. */
  origin(config: OriginConfig, of: Pick<ProxiedOrigin, 'name' | 'has'>): ProxiedOrigin;
  send(request: Request, response: Response, events: ProxyEvents): void;
  upgrade(request: Request, socket: Socket, head: Buffer, events: ProxyEvents): void;
  close(): void;
}

/** Shorter than servers keep an idle connection (Node: 5 s), so that none is lost to a request that is just being sent. */
const idleConnectionMs = 4_000;

/** A proxy that connects to no address that the guard refuses. */
export function createOriginProxy(addresses: AddressGuard): OriginProxy {
  const eventsOf = new WeakMap<IncomingMessage, ProxyEvents>();
  const options: AgentOptions & Pick<AddressGuard, 'lookup'> = {
    keepAlive: true,
    timeout: idleConnectionMs,
    lookup: addresses.lookup,
  };
  const agents = { http: new HttpAgent(options), https: new HttpsAgent(options) };
  const proxies = { http: createProxy(agents.http, eventsOf), https: createProxy(agents.https, eventsOf) };
  const proxyTo = ({ address }: ProxiedOrigin) => (address.protocol === 'https:' ? proxies.https : proxies.http);
  return {
    origin(config, of) {
      const { protocol, host, hostname, port, pathname } = new URL(config.target);
      addresses.checkHost(hostname);
      const address = {
        protocol,
        host,
        hostname: hostname.replace(/^\[|\]$/g, ''),
        port: Number(port) || (protocol === 'https:' ? 443 : 80),
        path: pathname.replace(/\/$/, ''),
      };
      return { ...config, ...of, address };
    },
    send(request, response, events) {
      eventsOf.set(request, events);
      void proxyTo(events.origin)(request, response, (cause: unknown) => events.failed(asError(cause)));
    },
    upgrade(request, socket, head, events) {
      eventsOf.set(request, events);
      proxyTo(events.origin).upgrade(request, socket, head);
    },
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

function createProxy(
  agent: HttpAgent,
  eventsOf: WeakMap<IncomingMessage, ProxyEvents>,
): RequestHandler<Request, Response, (cause?: unknown) => void> {
  return createProxyMiddleware<Request, Response>({
    agent,
    changeOrigin: true,
    toProxy: true, // the address goes as it came, not as `url.parse` would write it
    selfHandleResponse: true,
    router: (request) => eventsOf.get(request)?.origin.address,
    ejectPlugins: true, // answers and logs of its own
    plugins: [
      (proxy) => {
        proxy.on('proxyReq', (ask, request) => eventsOf.get(request)?.asked(ask));
        proxy.on('proxyReqWs', (ask, request) => eventsOf.get(request)?.asked(ask));
        proxy.on('proxyRes', (answer, request) => eventsOf.get(request)?.answered(answer));
        proxy.on('error', (cause, request) => eventsOf.get(request)?.failed(cause));
      },
    ],
  });
}

const asError = (cause: unknown): Error => (cause instanceof Error ? cause : new Error('The proxy passed it by'));
