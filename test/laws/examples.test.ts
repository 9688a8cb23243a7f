import { describe, expect, it } from 'vitest';
import type { Dialect, WireRequest, WireResponse } from '../../src/dialects/dialect.ts';
import { dialects } from '../../src/dialects/registry.ts';
import { schemaGuard } from '../../src/dialects/schema.ts';
import { GatewayError } from '../../src/errors/index.ts';
import { readGoldenDocuments, strayGoldenFiles, type Wire } from '../support/golden.ts';
import { expectSame, throughJson } from '../support/wire.ts';
import { baseOf, type Surface, surfacesOf } from './surface.ts';

/** Law 1: documented examples are accepted, and encode again to themselves. */
describe.each(dialects)('the documented examples of $name', (dialect) => {
  const documents = readGoldenDocuments(dialect);
  const surfaces: readonly Surface[] = [...surfacesOf(dialect), ...(dialect.sockets ?? []).map(asSurface)];
  const named = (kind: string) =>
    documents
      .filter((document) => document.kind === kind)
      .map((document) => [document.file, { ...document, surface: surfaceOf(document.base) }] as const);
  const surfaceOf = (base: string): Surface => {
    const surface = surfaces.find((each) => baseOf(each) === base);
    if (surface === undefined) throw new Error(`test/golden/${dialect.name}: no endpoint is called ${base}`);
    return surface;
  };

  it('are there for every endpoint, under names that say which', () => {
    expect(strayGoldenFiles(dialect)).toEqual([]);
    for (const surface of surfaces) {
      const kinds = documents.filter(({ base }) => base === baseOf(surface)).map(({ kind }) => kind);
      expect(kinds, baseOf(surface)).toContain('request');
      if (surface.response !== undefined) expect(kinds, baseOf(surface)).toContain('response');
    }
  });

  it.each(named('request'))('%s', (_file, { surface, wire, normalised, exchange }) => {
    const request = asRequest(wire);
    expect(violationsOf(surface.schema.request, request)).toEqual([]);
    const again = surface.request.encode(surface.request.decode(request, exchange), exchange);
    expectSame(withoutCredential(dialect, again), withoutCredential(dialect, asRequest(normalised)));
    expect(violationsOf(surface.schema.request, withSite(dialect, again))).toEqual([]);
  });

  it.each(named('response'))('%s', (_file, { surface, wire, normalised, exchange }) => {
    const { response, schema } = surface;
    if (response === undefined || schema.response === undefined)
      throw new Error('the endpoint answers with no document');
    expect(violationsOf(schema.response, wire.body)).toEqual([]);
    const again = response.encode(response.decode(asResponse(wire), exchange), exchange);
    expectSame(throughJson(again), asResponse(normalised));
  });

  it.each(named('error'))('%s', (_file, { surface, wire, exchange, error, refused }) => {
    expect(violationsOf(dialect.errors.schema, wire.body)).toEqual([]);
    expect(dialect.errors.decode(asResponse(wire), exchange)).toBeInstanceOf(GatewayError);
    const rendered = error ?? (refused && refusalOf(surface, refused));
    if (rendered === undefined) return;
    const { status, headers, body } = dialect.errors.encode(rendered, exchange);
    expectSame({ status, body: throughJson(body) }, { status: wire.status, body: wire.body });
    expect(headers).toMatchObject(wire.headers ?? {});
  });
});

function asSurface(socket: NonNullable<Dialect['sockets']>[number]): Surface {
  const { operation, paths, schema, request } = socket;
  return { operation, paths, schema, request, carries: [] };
}

function asRequest({ params = {}, query = {}, headers = {}, body }: Wire | WireRequest): WireRequest {
  return throughJson({ params, query, headers, body });
}

function asResponse({ status = 200, headers = {}, body }: Wire): WireResponse {
  return throughJson({ status, headers, body });
}

/** A request without the site's key: who calls is the gateway's to read and to write, not the codec's. */
function withoutCredential({ credential }: Dialect, request: WireRequest): WireRequest {
  const fields = credential.kind === 'site' ? credential.siteFields : [];
  const without = (value: unknown) =>
    isObject(value) ? Object.fromEntries(Object.entries(value).filter(([key]) => !fields.includes(key))) : value;
  return asRequest({ ...request, query: without(request.query) as WireRequest['query'], body: without(request.body) }); // an object stays one
}

function withSite({ credential }: Dialect, request: WireRequest): WireRequest {
  const [site] = credential.kind === 'site' ? credential.siteFields : [];
  return asRequest(site === undefined ? request : { ...request, query: { ...request.query, [site]: 'sk_demo' } });
}

/** The error that a request is refused with, as the gateway makes it. */
function refusalOf({ schema }: Surface, refused: Wire): GatewayError {
  const violations = schemaGuard(schema.request).violations(asRequest(refused));
  if (violations.length === 0) throw new Error('the schema takes the request that it is to refuse');
  return new GatewayError('invalid-request', 'The request is not valid', { violations });
}

const violationsOf = (schema: string, value: unknown) => schemaGuard(schema).violations(value);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
