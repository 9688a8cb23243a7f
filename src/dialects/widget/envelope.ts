import type { WireResponse } from '../dialect.ts';
import type { Success } from './wire.ts';

/** An answer of this dialect: 200, with `success` before everything else. */
export function succeed<Fields extends object>(fields: Fields): WireResponse<Success & Fields> {
  return { status: 200, headers: {}, body: { success: true, ...fields } };
}

/** A request without a body. */
export function ask<Query extends object>(query: Query) {
  return { params: {}, query, headers: {}, body: undefined };
}

/** A request whose facts stand in its body. */
export function tell<Body extends object>(body: Body) {
  return { params: {}, query: {}, headers: {}, body };
}
