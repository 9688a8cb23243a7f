import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { Config } from '../config/index.ts';

/**
 * Gives configurations that leave their port to the system one port, always the same: workers that come later are to listen where the
 * first does, even if none is left by then.
 */
export async function choosePort({ listen: { host, port } }: Config): Promise<(config: Config) => Config> {
  const chosen = port === 0 ? await freePort(host) : port;
  return (config) => (config.listen.port === 0 ? { ...config, listen: { ...config.listen, port: chosen } } : config);
}

async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  server.close();
  await once(server, 'close');
  return port;
}
