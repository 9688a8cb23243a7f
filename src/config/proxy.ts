import { isLoopback } from './demo.ts';
import type { Environment } from './environment.ts';

export interface ProxySource {
  readonly baseUrl: string;
  /** An address, or `none`. */
  readonly configured: string | undefined;
  readonly env: Environment;
}

/**
 * The proxy through which a server is asked: the one that its backend names, otherwise for `https` that of `HTTPS_PROXY`, unless
 * `NO_PROXY` lists the server or it is on this machine.
 */
export function proxyOf({ baseUrl, configured, env }: ProxySource): string | undefined {
  if (configured !== undefined) return configured === 'none' ? undefined : configured;
  const { protocol, hostname, port } = new URL(baseUrl);
  const named = env['HTTPS_PROXY'] || env['https_proxy'];
  if (protocol !== 'https:' || !named || isLoopback(hostname)) return undefined;
  const exempt = (env['NO_PROXY'] || env['no_proxy'] || '').toLowerCase().split(/[\s,]+/);
  if (exempt.some((entry) => fits(entry, hostname, port || '443'))) return undefined;
  return named.includes('://') ? named : `http://${named}`;
}

/** Whether an entry of `NO_PROXY` is a host: `*` for all, a name for itself and all below it, with a port for that alone. */
function fits(entry: string, hostname: string, port: string): boolean {
  if (entry === '*') return true;
  const [, name = '', ofPort] = /^(?:\*?\.)?([^:]+|\[[^\]]+\])(?::(\d+))?$/.exec(entry) ?? [];
  if (name === '' || (ofPort !== undefined && ofPort !== port)) return false;
  return hostname === name || hostname.endsWith(`.${name}`);
}
