import { type LookupAddress, lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { GatewayError } from '../errors/index.ts';

/** Where clouds answer questions about the machine that asks, credentials included. Source: the vendors' pages. */
const metadataAddresses = [
  '169.254.169.254', // AWS, Azure, Google, DigitalOcean, Oracle
  '169.254.170.2', // AWS, credentials of containers
  '169.254.170.23', // AWS, credentials of pods
  '100.100.100.200', // Alibaba
  '192.0.0.192', // Oracle
  '168.63.129.16', // Azure
  'fd00:ec2::254', // AWS
  'fd00:ec2::23', // AWS, credentials of pods
  'fd20:ce::254', // Google
];

/** Which addresses the gateway may connect to. */
export interface AddressGuard {
  /** Throws `upstream-rejected` for a host that is an address that may not be reached; names are looked at when they are resolved. */
  checkHost(host: string): void;
  /** `dns.lookup` for connections, without the addresses that may not be reached. */
  readonly lookup: LookupFunction;
}

/** Finds all addresses of a name, as `dns.lookup` does. */
type Resolve = (
  host: string,
  options: Parameters<LookupFunction>[1] & { readonly all: true },
  callback: (failure: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void;

/** Refuses link-local and metadata addresses, except those that are listed. Names are resolved as the system does. */
export function createAddressGuard(allowed: readonly string[] = [], resolve: Resolve = lookup): AddressGuard {
  const refused = new BlockList();
  refused.addSubnet('169.254.0.0', 16, 'ipv4');
  refused.addSubnet('fe80::', 10, 'ipv6');
  for (const address of metadataAddresses) refused.addAddress(address, familyOf(address));
  refuseEmbedded(refused, { address: '169.254.0.0', prefix: 16 });
  for (const address of metadataAddresses) if (isIP(address) === 4) refuseEmbedded(refused, { address, prefix: 32 });
  const exceptions = new BlockList();
  for (const address of allowed) exceptions.addAddress(address, familyOf(address));
  const isRefused = (address: string): boolean => {
    const family = familyOf(address);
    return refused.check(address, family) && !exceptions.check(address, family);
  };
  return {
    checkHost(host) {
      const address = host.replace(/^\[|\]$/g, '');
      if (isIP(address) !== 0 && isRefused(address)) throw refusal(address);
    },
    lookup(host, options, callback) {
      resolve(host, { ...options, all: true }, (failure, found) => {
        const reachable = failure === null ? found.filter(({ address }) => !isRefused(address)) : [];
        const [first] = reachable;
        if (first === undefined) callback(failure ?? refusal(host), []);
        else if (options.all) callback(null, reachable);
        else callback(null, first.address, first.family);
      });
    },
  };
}

/** An IPv4 address that is written as IPv6 is told apart by `BlockList` itself. */
const familyOf = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

const refusal = (host: string): GatewayError =>
  new GatewayError('upstream-rejected', `${host} is an address that may not be reached: list it in allowedAddresses`);

/** An IPv4 network as translators (64:ff9b::/96), tunnels (2002::/16) and old hosts (::/96) write it in IPv6. */
function refuseEmbedded(
  refused: BlockList,
  { address, prefix }: { readonly address: string; readonly prefix: number },
) {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  const hex = `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  refused.addSubnet(`64:ff9b::${hex}`, 96 + prefix, 'ipv6');
  refused.addSubnet(`::${hex}`, 96 + prefix, 'ipv6');
  refused.addSubnet(`2002:${hex}::`, 16 + prefix, 'ipv6');
}
