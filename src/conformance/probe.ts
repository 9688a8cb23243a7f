import type { CredentialPlaces, HttpMethod, WireRequest } from '../dialects/dialect.ts';
import { Unreachable } from '../network/index.ts';

/** The server that is looked at, and as whom it is asked. */
export interface Target {
  /** With the path that stands before every other. */
  readonly url: string;
  readonly key?: string;
  readonly site?: string;
  readonly agent?: string;
  readonly timeoutMs: number;
}

/** What came, to its end. */
export interface Heard {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface ProbeRequest extends WireRequest {
  readonly method: HttpMethod;
  readonly template: string;
}

/** Asks once, following nothing. Throws `Unreachable`, and what breaks an answer off. */
export async function ask({ url, timeoutMs }: Target, question: ProbeRequest): Promise<Heard> {
  const { method, template, params, query, headers, body } = question;
  const path = template.replace(/:(\w+)/g, (_place, name: string) => encodeURIComponent(params[name] ?? ''));
  const fields = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(fields.map(([name, value]): [string, string] => [name, String(value)])).toString();
  const answer = await fetch(`${url}${path}${search === '' ? '' : `?${search}`}`, {
    method,
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
    headers: headersOf(headers, body),
    ...(body !== undefined && { body: body instanceof FormData ? body : JSON.stringify(body) }),
  }).catch((failure: unknown) => {
    throw new Unreachable(`Nobody answers at ${url}`, { cause: failure });
  });
  return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() };
}

function headersOf(headers: WireRequest['headers'], body: unknown): Record<string, string> {
  const written = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as const],
  );
  const isJson = body !== undefined && !(body instanceof FormData);
  return { ...(isJson && { 'content-type': 'application/json' }), ...Object.fromEntries(written) };
}

/** A request with who asks in it, where the dialect documents that. */
export function withCredential(places: CredentialPlaces, { key, site }: Target, wire: WireRequest): WireRequest {
  if (places.kind !== 'site') {
    const [name = 'authorization'] = places.headers;
    if (key === undefined) return wire;
    return { ...wire, headers: { ...wire.headers, [name]: name === 'authorization' ? `Bearer ${key}` : key } };
  }
  const [name = 'site'] = places.siteFields;
  if (site === undefined) return wire;
  return typeof wire.body === 'object'
    ? { ...wire, body: { [name]: site, ...wire.body } }
    : { ...wire, query: { [name]: site, ...wire.query } };
}
