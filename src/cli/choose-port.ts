import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import type { Config } from '../config/index.ts';

/** Below those that the usual systems give to outgoing connections: one of those could be taken while nobody listens. */
const ports = { from: 10_000, below: 32_768 };

/**
 * Gives configurations that leave their port to the system one port, always the same: workers that come later are to listen where the
 * first does, even if none is left by then.
 */
export async function choosePort({ listen: { host, port } }: Config): Promise<(config: Config) => Config> {
  const chosen = port === 0 ? await freePort(host) : port;
  return (config) => (config.listen.port === 0 ? { ...config, listen: { ...config.listen, port: chosen } } : config);
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
