import type { Request, Response } from 'express';
import type { AnyEndpoint, Dialect, IdentityPlaces, WireRequest } from '../dialects/dialect.ts';
import { type Admitted, acquireUpload, admit, limitUpload } from './admit.ts';
import { isNamedEarly } from './authenticate.ts';
import { teeBody } from './body-tee.ts';
import type { Gateway } from './gateway.ts';
import type { HttpCall } from './http-call.ts';
import { inTime, type Reading } from './pace.ts';
import { drawOrigin, isDrawn } from './pass-through/drawn-calls.ts';
import { originOf } from './pass-through/proxied-routes.ts';
import type { PassedCall } from './pass-through/proxy-call.ts';
import {
  bodySize,
  createJsonReader,
  createMultipartReader,
  type FindPlace,
  maxBodyBytes,
  readPageBody,
  sizeRead,
} from './read-body.ts';

/** A call of a known caller: read whole, or to be passed on as it comes. */
export interface AdmittedCall {
  readonly wire: WireRequest;
  readonly caller: Admitted;
  readonly passed?: PassedCall;
}

/** What a call holds until it is over. */
export interface Held {
  /** Lets go of it when the call is over; at once if it is over already. */
  add(release: () => void): void;
}

/** What a call holds; `release` lets go of it, once. */
export function createHeld(): Held & { release(): void } {
  let releases: (() => void)[] | undefined = [];
  return {
    add(release) {
      if (releases === undefined) release();
      else releases.push(release);
    },
    release() {
      for (const release of releases ?? []) release();
      releases = undefined;
    },
  };
}

/** Reads a call and finds out who makes it. */
export type Admission = (http: HttpCall, held: Held) => Promise<AdmittedCall>;

/**
 * The admission of an endpoint. Who has no key is refused unread, and a body that cannot be read counts as a call of the key's. A
 * site stands in the body, which is worth a look into the query only where the body is large.
 */
export function admissionOf(gateway: Gateway, dialect: Dialect, endpoint: AnyEndpoint): Admission {
  const isSite = dialect.credential.kind === 'site';
  const isUpload = endpoint.bodyForm === 'multipart';
  const readBody = bodyReader(gateway, dialect, endpoint);
  const maxBytes = isSite ? maxBodyBytes : gateway.maxKeyedBodyBytes;
  const mayBeKept = isSite && readBody !== undefined;
  const proofHeaders = dialect.credential.kind === 'site' ? headersOf(dialect.credential.identity) : '';
  // A form is longer than what it holds.
  const maxKeptBytes = maxBytes + (isUpload ? gateway.maxUploadBytes : 0);

  return async (http, held) => {
    const { request, response } = http;
    const unread = readHead(request);
    const isEarly = (isUpload || !isSite) && isNamedEarly(dialect.credential, unread);
    const isPart = isSite ? 'in part' : undefined;
    const admitting = isEarly ? admit(gateway, http, unread, isPart) : undefined;
    let early = admitting instanceof Promise ? await admitting : admitting;
    const known = originOf(gateway, early);
    if (early !== undefined && known !== undefined) {
      return { wire: unread, caller: early, passed: { origin: known, caller: early } };
    }
    const mayBePassed = mayBeKept ? gateway.passThrough.hasOrigins : isDrawn(gateway, early);
    const kept = mayBePassed && readBody !== undefined ? teeBody(request, maxKeptBytes) : undefined;
    if (kept !== undefined) held.add(() => kept.stop());
    const findPlace: FindPlace = async (fields) => {
      const isNamed = early === undefined && isNamedEarly(dialect.credential, { query: fields });
      if (isNamed) early = await admit(gateway, http, { ...unread, body: fields }, isPart);
      const place = acquireUpload(gateway, http, early);
      held.add(() => place.release());
      return place;
    };
    const hold =
      readBody && !isUpload ? gateway.permits.acquireBody(bodySize(request, maxBytes), early !== undefined) : undefined;
    if (hold !== undefined) held.add(hold.release);
    const body = readBody && (await inTime(gateway, http, readBody(request, response, findPlace)));
    hold?.shrinkTo(sizeRead(request));
    const wire: WireRequest = { params: unread.params, query: unread.query, headers: unread.headers, body };
    const again = early === undefined || isSite ? admit(gateway, http, wire, early) : early;
    const caller = again instanceof Promise ? await again : again;
    // For a cache that keeps all the same.
    if (caller.principal?.site?.identity !== undefined) response.vary(proofHeaders);
    if (isUpload) await limitUpload(gateway, http, caller);
    // A stage may have changed meanwhile: what was read and not kept is answered here.
    if (readBody !== undefined && kept === undefined) return { wire, caller };
    const origin = isDrawn(gateway, caller)
      ? await drawOrigin(gateway, http, { endpoint, wire, principal: caller.principal })
      : originOf(gateway, caller);
    return origin === undefined ? { wire, caller } : { wire, caller, passed: { origin, caller, body: kept?.whole() } };
  };
}

const headersOf = ({ userHeader, hashHeader }: IdentityPlaces) => `authorization, ${userHeader}, ${hashHeader}`;

/** A request as far as it is known before its body is read. */
export function readHead({ params, query, headers }: Request): WireRequest {
  // Path parameters of our templates are single segments, which Express gives as text.
  return { params: params as Readonly<Record<string, string>>, query, headers, body: undefined };
}

type BodyReader = (request: Request, response: Response, findPlace: FindPlace) => Reading<unknown>;

function bodyReader(
  { maxUploadBytes, maxKeyedBodyBytes }: Gateway,
  { credential }: Dialect,
  { bodyForm, method }: AnyEndpoint,
): BodyReader | undefined {
  if (bodyForm === 'multipart') return createMultipartReader('image', maxUploadBytes);
  if (method === 'GET' || method === 'DELETE') return undefined;
  return credential.kind === 'site' ? readPageBody : createJsonReader(maxKeyedBodyBytes);
}
