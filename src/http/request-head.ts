import type { IncomingMessage } from 'node:http';
import { isLoopback } from '../config/index.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { GatewayError } from '../errors/index.ts';

/** Listed in place of a name: whatever only this machine can reach, `shop.localhost` too; or any host at all. */
const loopback = 'loopback';
const anyHost = '*';

const withPort = /:\d*$/;

/** The name in a `Host` header, as it is compared: lower case, without port, brackets and final dot. */
function nameIn(host: string): string {
  const name = host.replace(withPort, '').toLowerCase();
  if (name.startsWith('[') && name.endsWith(']')) return name.slice(1, -1);
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

const isOwnMachine = (name: string): boolean => isLoopback(name) || name.endsWith('.localhost');

/** Whether a request's host is one that is listed; all are where there is no list. */
function isListed(host: string, hosts: readonly string[] | undefined): boolean {
  if (hosts === undefined || hosts.includes(anyHost)) return true;
  const name = nameIn(host);
  return hosts.includes(name) || (hosts.includes(loopback) && isOwnMachine(name));
}

/** A header of which there is one at most, and is not: of two, who stands in front of us may have heeded the other. Equal credentials are one. */
function repeated({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): 'host' | 'authorization' | undefined {
  let hosts = 0;
  let credential: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const written = rawHeaders[index] ?? '';
    if (written.length === 4 && written.toLowerCase() === 'host') hosts += 1;
    else if (written.length === 13 && written.toLowerCase() === 'authorization') {
      const said = rawHeaders[index + 1] ?? '';
      if (credential !== undefined && credential !== said) return 'authorization';
      credential = said;
    }
  }
  return hosts > 1 ? 'host' : undefined;
}

/** What is wrong with a request, whatever it asks for; `malformed-request`. `hosts` are those that it may name, all where there are none. */
export function faultOfHead(request: IncomingMessage, hosts: readonly string[] | undefined): GatewayError | undefined {
  const { host, 'transfer-encoding': coding } = request.headers;
  const malformed = (sentence: string) => new GatewayError('malformed-request', sentence);
  const twice = repeated(request);
  if (twice !== undefined) return malformed(`There is more than one ${twice} header`);
  if (host === undefined && request.httpVersion === '1.1') return malformed('The Host header is missing');
  if (host !== undefined && !isListed(host, hosts))
    return malformed('The Host header names no host that is served here');
  if (isMalformed(request.url ?? '')) return malformed('The address of the request is not valid');
  // Node undoes chunks alone: what is coded otherwise too would be taken, and passed on, for what it is not.
  if (coding !== undefined && coding.toLowerCase() !== 'chunked')
    return malformed('The transfer coding is not supported');
  return undefined;
}

/** Whose path it is: the dialect with the longest prefix that the path is below; `otherwise` for a path that is nobody's. */
export function createDialectFinder(dialects: readonly Dialect[], otherwise: Dialect): (path: string) => Dialect {
  const prefixes = dialects
    .flatMap((dialect) => dialect.prefixes.map((prefix) => ({ dialect, prefix })))
    .sort((one, other) => other.prefix.length - one.prefix.length);
  return (path) =>
    prefixes.find(({ prefix }) => path === prefix || path.startsWith(`${prefix}/`))?.dialect ?? otherwise;
}

/** A request's target without the host that a client may name in it: path and query, as they came. */
export function originForm(target: string): string {
  return target.replace(/^https?:\/\/[^/?#]*/i, '').replace(/^(?!\/)/, '/');
}

/** The path of a request's target, `/v1/chats?page=2` or `http://host/v1/chats`; also of one that is no valid address. */
export function pathOf(target: string): string {
  if (target.startsWith('/') && !target.includes('?') && !target.includes('#')) return target;
  return target.replace(/^https?:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
}

/** Whether a target is one that no server is sent (RFC 9112, 3.2): what stands behind `#` is a client's own, a back-slash is no slash. */
const isMalformed = (target: string): boolean => target.includes('#') || pathOf(target).includes('\\');
