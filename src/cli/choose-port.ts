import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import type { Config, PlaceConfig } from '../config/index.ts';

/** Below those that the usual systems give to outgoing connections: one of those could be taken while nobody listens. */
const ports = { from: 10_000, below: 32_768 };

/**
 * Gives configurations that leave a port to the system one port, always the same: workers that come later are to listen where the first
 * does, even if none is left by then.
 */
export async function choosePort({ listen, observability, admin }: Config): Promise<(config: Config) => Config> {
  const withMain = await choose(listen);
  const withMetrics = await choose(observability.listen);
  const withAdmin = await choose(admin.listen);
  return (config) => ({
    ...config,
    listen: withMain(config.listen),
    observability: mapPlace(config.observability, withMetrics),
    admin: mapPlace(config.admin, withAdmin),
  });
}

/** Where metrics and the admin API are, if they have a place of their own whose port is known. */
export function sideUrls({ observability, admin }: Config) {
  const urlOf = ({ host, port }: PlaceConfig) => `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return {
    ...(observability.listen && { metricsUrl: urlOf(observability.listen) }),
    ...(admin.listen && { adminUrl: urlOf(admin.listen) }),
  };
}

type WithPort = <Place extends PlaceConfig>(place: Place) => Place;

const mapPlace = <Part extends { readonly listen?: PlaceConfig }>(part: Part, withPort: WithPort): Part =>
  part.listen === undefined ? part : { ...part, listen: withPort(part.listen) };

async function choose(place: PlaceConfig | undefined): Promise<WithPort> {
  const chosen = place?.port === 0 ? await freePort(place.host) : undefined;
  return (written) => (written.port === 0 && chosen !== undefined ? { ...written, port: chosen } : written);
}

async function freePort(host: string): Promise<number> {
  for (;;) {
    const port = randomInt(ports.from, ports.below);
    if (await canListen(host, port)) return port;
  }
}

/** Throws what keeps anybody from listening on that host at all. */
function canListen(host: string, port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (failure: NodeJS.ErrnoException) => {
      if (failure.code === 'EADDRINUSE') resolve(false);
      else reject(failure);
    });
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
