import { isIP } from 'node:net';

/** What every text that is no address is counted as: together, so that nobody makes himself a limit of his own with one. */
const noAddress = 'no address';

const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const withPort = /^(\d+\.\d+\.\d+\.\d+):\d+$|^\[(.+)\](?::\d+)?$/;

/**
 * What an address is counted by wherever addresses are limited: an IPv4 address by itself, however IPv6 writes it (`::ffff:192.0.2.1`,
 * 64:ff9b::/96, 2002::/16), another IPv6 address by its /64, which is what one household or machine is given. Some proxies tell a port
 * beside it, which says nothing.
 */
export function addressKey(address: string): string {
  const family = isIP(address);
  if (family === 4) return address;
  if (family === 6) return mapped.exec(address)?.[1] ?? keyOfGroups(groupsOf(address));
  const [, four, six] = withPort.exec(address) ?? [];
  const bare = four ?? six;
  return bare === undefined || isIP(bare) === 0 ? noAddress : addressKey(bare);
}

/** An address as people know it, an IPv4 one as such; of what is none, what it is counted by. */
export const plainAddress = (address: string): string =>
  isIP(address) === 0 ? addressKey(address) : (mapped.exec(address)?.[1] ?? address);

function keyOfGroups([a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0]: readonly number[]): string {
  const isZero = (...groups: readonly number[]): boolean => groups.every((group) => group === 0);
  if (isZero(a, b, c, d, e) && f === 0xffff) return dotted(g, h);
  if (a === 0x64 && b === 0xff9b && isZero(c, d, e, f)) return dotted(g, h); // RFC 6052
  if (a === 0x2002) return dotted(b, c); // RFC 3056
  return `${[a, b, c, d].map((group) => group.toString(16)).join(':')}::/64`;
}

const dotted = (high: number, low: number): string => [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');

/** The eight numbers of a valid IPv6 address. */
function groupsOf(address: string): readonly number[] {
  const [bare = ''] = address.split('%');
  const [head = [], tail = []] = bare.split('::').map(numbersIn);
  return [...head, ...Array<number>(Math.max(8 - head.length - tail.length, 0)).fill(0), ...tail];
}

function numbersIn(part: string): readonly number[] {
  return part.split(':').flatMap((group) => {
    if (group === '') return [];
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}
