import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Request } from 'express';
import type { HeaderChanges, OriginConfig } from '../../config/index.ts';
import { comesFromProxy } from '../call-ids.ts';

/** What is said to the next server alone (RFC 9110, 7.6.1), and the old names of the same. */
const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
];

/** Where a body ends is not for a list or a `Connection` header to say: its rest would be taken for another request. */
const framing = ['connection', 'content-length', 'transfer-encoding'];

/**
 * What the gateway has answered itself; what only proxies in front of it may say, who are told by their addresses; and what makes
 * an origin read another path (`X-Original-URL`), or call another server (`Proxy`, which CGI takes for `HTTP_PROXY`).
 */
const saidAnew = /^(?:host|expect|forwarded|proxy|x-real-ip|x-forwarded-.*|x-original-ur[il]|x-rewrite-url)$/;

/** Who calls, as the proxies of some vendors say it: it is not for a client to say. */
const saidByProxies =
  /^(?:client-ip|true-client-ip|x-(?:real-)?client-ip|x-cluster-client-ip|x-(?:originating|remote)-(?:ip|addr)|fastly-client-ip|cf-(?:connecting-ip(?:v6)?|ipcountry|visitor)|x-azure-(?:clientip|socketip)|x-envoy-external-address|x-original-(?:host|forwarded-for))$/;

/** Names as servers read them that tell no `_` or `.` from `-`, as all do that speak CGI or WSGI. */
const folded = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '-');

/** The headers of a request as the origin is to see them; the host is the target's, and is set where it is asked. */
export function forwardedRequest(
  request: Request,
  { requestHeaders, allowUnderscores }: Pick<OriginConfig, 'requestHeaders' | 'allowUnderscores'>,
  upgrade?: 'websocket',
): IncomingHttpHeaders {
  const changedNames = new Set([...requestHeaders.remove, ...Object.keys(requestHeaders.set)].map(folded));
  const isOurs = (name: string): boolean => saidAnew.test(name) || (changedNames.has(name) && !framing.includes(name));
  const isFromProxy = comesFromProxy(request);
  const said = Object.entries(endToEnd(request)).filter(([name]) => {
    const read = folded(name);
    if (isOurs(read) || (saidByProxies.test(read) && !isFromProxy)) return false;
    return name === read || (allowUnderscores && isFreeName(name, request.headers));
  });
  const headers = changed(
    {
      ...Object.fromEntries(said),
      'x-forwarded-for': [...request.ips, request.socket.remoteAddress ?? ''].join(', '),
      'x-forwarded-proto': request.protocol,
      ...(request.headers.host !== undefined && { 'x-forwarded-host': request.host }),
    },
    requestHeaders,
  );
  const { 'content-length': _length, ...rest } = headers;
  if (upgrade !== undefined) return { ...rest, connection: 'Upgrade', upgrade };
  if (request.headers['transfer-encoding'] !== undefined) return { ...rest, 'transfer-encoding': 'chunked' };
  return headers;
}

/** Whether a name with underscores is read as no header that is there, or that says how a message is framed. */
function isFreeName(name: string, headers: IncomingHttpHeaders): boolean {
  const read = folded(name);
  return /^[a-z0-9_-]+$/.test(name) && headers[read] === undefined && ![...hopByHop, ...framing].includes(read);
}

/** The headers of an origin's answer as the client is to see them; how a body is framed is for each connection by itself. */
export function forwardedResponse(answer: IncomingMessage, changes: HeaderChanges): IncomingHttpHeaders {
  return changed(endToEnd(answer), changes);
}

function endToEnd({ headers }: IncomingMessage): IncomingHttpHeaders {
  const named = (headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  const dropped = new Set([...hopByHop, ...named.filter((name) => !framing.includes(name))]);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.has(name)));
}

function changed(headers: IncomingHttpHeaders, { remove, set }: HeaderChanges): IncomingHttpHeaders {
  const kept = Object.entries(headers).filter(([name]) => framing.includes(name) || !remove.includes(name));
  const added = Object.entries(set).map(([name, value]): [string, string] => [name.toLowerCase(), value]);
  return Object.fromEntries<string | string[] | undefined>([
    ...kept,
    ...added.filter(([name]) => !framing.includes(name)),
  ]);
}
