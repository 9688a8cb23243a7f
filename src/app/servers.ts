import type { Config } from '../config/index.ts';
import type { Surroundings } from '../http/application.ts';
import type { Gateway } from '../http/gateway.ts';
import { type Face, type GatewayServer, startServer } from '../http/server.ts';

/** Where a gateway listens. */
export interface Servers {
  /** `http://127.0.0.1:8080`, where clients are served. */
  readonly url: string;
  /** Where `/metrics` and the admin API are; the same, unless they have a place of their own. */
  readonly metricsUrl: string;
  readonly adminUrl: string;
  /**
   * Refuses new calls, lets running ones end within the time (milliseconds), then cuts them off. How the gateway is, is told to the end.
   * Resolves soon after the time.
   */
  close(withinMs: number): Promise<void>;
}

/** Listens at every place of a configuration. Throws if it cannot at one of them; nobody listens then. */
export async function openServers(gateway: Gateway, surroundings: Surroundings, config: Config): Promise<Servers> {
  const opened: GatewayServer[] = [];
  const open = async (face: Face): Promise<string> => {
    const server = await startServer(gateway, surroundings, face);
    opened.push(server);
    return urlOf(server, face);
  };
  const closeAll = (withinMs: number) => Promise.all(opened.map((server) => server.close(withinMs)));
  const { listen, observability, admin } = config;
  try {
    const metricsUrl = observability.listen && (await open({ ...observability.listen, served: new Set(['metrics']) }));
    const adminUrl = admin.listen && (await open({ ...admin.listen, served: new Set(['admin']) }));
    const served: Face['served'] = new Set([
      'chats',
      ...(metricsUrl === undefined ? (['metrics'] as const) : []),
      ...(adminUrl === undefined ? (['admin'] as const) : []),
    ]);
    const url = await open({ ...listen, served });
    return {
      url,
      metricsUrl: metricsUrl ?? url,
      adminUrl: adminUrl ?? url,
      async close(withinMs) {
        const startedAt = performance.now();
        const left = await gateway.lifetime.end(withinMs);
        if (left.calls + left.replies > 0) gateway.log.warn(left, 'aborted calls did not end; it is left behind');
        await closeAll(withinMs - (performance.now() - startedAt));
      },
    };
  } catch (failure) {
    await closeAll(0);
    throw failure;
  }
}

function urlOf({ address: { address, family, port } }: GatewayServer, face: Face): string {
  const host = face.host === '0.0.0.0' || face.host === '::' ? '127.0.0.1' : address;
  return `http://${family === 'IPv6' && host.includes(':') ? `[${host}]` : host}:${port}`;
}
