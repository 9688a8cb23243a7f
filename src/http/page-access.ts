import cors from 'cors';
import type { Request, RequestHandler, Response } from 'express';
import { GatewayError } from '../errors/index.ts';
import type { Gateway } from './gateway.ts';

/** Any header may be sent, for a page's own tools add theirs (`traceparent`, `Cache-Control`): who may call is not a header's to say. */
const letRead = cors({
  origin: true,
  methods: ['GET', 'HEAD', 'POST', 'OPTIONS'],
  exposedHeaders: ['Retry-After', 'X-Request-Id'],
  maxAge: 86_400,
});

const letReadWithKey = cors({
  origin: true,
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
  exposedHeaders: ['Retry-After', 'X-Request-Id', 'X-Conversation-Id'],
  maxAge: 86_400,
});

/**
 * Lets the pages of keys that list any read the answers, and answers their browsers that ask beforehand; whether a page may use the
 * key that it has is for `authenticate`. What other pages ask is served as if there were no browsers: they can read nothing of it.
 */
export function keyPageAccess(gateway: Pick<Gateway, 'callers'>): RequestHandler {
  return (request, response, next) => {
    const { keyPages } = gateway.callers;
    if (keyPages === undefined) {
      next();
      return;
    }
    response.vary('Origin');
    if (keyPages.has(request.headers.origin ?? '')) letReadWithKey(request, response, next);
    else next();
  };
}

/**
 * Lets the pages of known sites read the answers, and answers browsers that ask beforehand. A page of no known site is refused
 * when it asks, and can read nothing; whether a page may use the site that it names is for `authenticate`.
 */
export function pageAccess(
  gateway: Pick<Gateway, 'callers'>,
  refuse: (request: Request, response: Response, error: GatewayError) => void,
): RequestHandler {
  return (request, response, next) => {
    // On every answer: one that was given to nobody in particular must not be kept for a page that may read it.
    response.vary('Origin');
    const { origin } = request.headers;
    if (origin !== undefined && gateway.callers.pages.has(origin)) letRead(request, response, next);
    else if (origin !== undefined && request.method === 'OPTIONS') {
      refuse(request, response, new GatewayError('forbidden', 'This origin may not use the API'));
    } else next();
  };
}
