import type { Dialect } from '../dialects/dialect.ts';

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
export const isMalformed = (target: string): boolean => target.includes('#') || pathOf(target).includes('\\');
