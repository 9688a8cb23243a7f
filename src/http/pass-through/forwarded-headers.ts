import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Request } from 'express';
import type { HeaderChanges } from '../../config/index.ts';

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

/** What the gateway has answered itself, and what only proxies in front of it may say, who are told by their addresses. */
const saidAnew = /^(?:host|expect|forwarded|x-real-ip|x-forwarded-.*)$/;

/** The headers of a request as the origin is to see them; the host is the target's, and is set where it is asked. */
export function forwardedRequest(request: Request, changes: HeaderChanges, upgrade?: 'websocket'): IncomingHttpHeaders {
  const said = Object.entries(endToEnd(request)).filter(([name]) => !saidAnew.test(name));
  const headers = changed(
    {
      ...Object.fromEntries(said),
      'x-forwarded-for': [...request.ips, request.socket.remoteAddress ?? ''].join(', '),
      'x-forwarded-proto': request.protocol,
      ...(request.headers.host !== undefined && { 'x-forwarded-host': request.host }),
    },
    changes,
  );
  const { 'content-length': _length, ...rest } = headers;
  if (upgrade !== undefined) return { ...rest, connection: 'Upgrade', upgrade };
  if (request.headers['transfer-encoding'] !== undefined) return { ...rest, 'transfer-encoding': 'chunked' };
  return headers;
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
