import type { WireRequest } from '../../dialects/dialect.ts';
import { GatewayError } from '../../errors/index.ts';
import { mayBeMisread } from '../../network/index.ts';

/** The path and query of a request, as they stand in its first line. */
export function writePath(template: string, { params, query }: Pick<WireRequest, 'params' | 'query'>): string {
  const path = fillPath(template, params);
  const fields = Object.entries(query).filter(([, value]) => value !== undefined);
  if (fields.length === 0) return path;
  return `${path}?${new URLSearchParams(fields.map(([name, value]): [string, string] => [name, String(value)])).toString()}`;
}

/** Fills `:name` places in a path. A value fills one segment and can never reshape the path; throws `upstream-protocol` if it would. */
function fillPath(template: string, params: WireRequest['params']): string {
  return template.replace(/:(\w+)/g, (_place, name: string) => {
    const value = params[name] ?? '';
    const segment = encodeURIComponent(wellFormed(value));
    if (/^\.?$/.test(value) || mayBeMisread(`/${segment}`)) {
      throw new GatewayError('upstream-protocol', `${name} cannot stand in the path ${template}`);
    }
    return segment;
  });
}

/** Headers that a connection can send: what is no visible ASCII is written as in an address. Our choice. */
export function writeHeaders(headers: WireRequest['headers']): Record<string, string> {
  const written: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) written[name] = writeText(value.toString());
  }
  return written;
}

function writeText(value: string): string {
  return /^[\x20-\x7e]*$/.test(value)
    ? value
    : value.replace(/[^\x20-\x7e]+/g, (run) => encodeURIComponent(wellFormed(run)));
}

/** Half of a surrogate pair cannot be written. */
const wellFormed = (text: string): string => Buffer.from(text).toString();
