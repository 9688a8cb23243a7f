import { getHeapStatistics } from 'node:v8';
import type { Request } from 'express';
import { afterAll, describe, expect, it } from 'vitest';
import { defaultBounds } from '../../src/config/bounds.ts';
import { GatewayError } from '../../src/errors/index.ts';
import { createPermits } from '../../src/http/permits.ts';
import { bodySize } from '../../src/http/read-body.ts';
import { watchStrain } from '../../src/http/strain.ts';

const strain = watchStrain();
afterAll(() => strain.close());
const placesOf = () =>
  createPermits({ bounds: () => defaultBounds, strain, shed: () => new GatewayError('overloaded', 'Too much') });

/** A tenth of what all bodies may have. */
const tenth = getHeapStatistics().heap_size_limit / 40;

describe('the room for bodies', () => {
  it('is bounded, and half of it is for those who are known', () => {
    const places = placesOf();
    const ofStrangers = places.acquireBody(5 * tenth, false);
    expect(() => places.acquireBody(tenth, false)).toThrow('Too much');
    places.acquireBody(5 * tenth, true);
    expect(() => places.acquireBody(tenth, true)).toThrow('Too much');
    ofStrangers?.release();
    ofStrangers?.release();
    places.acquireBody(5 * tenth, true);
    expect(() => places.acquireBody(tenth, true)).toThrow('Too much');
  });

  it('is kept for a body that was read, whoever has taken the rest meanwhile, and no more of it than that takes', () => {
    const places = placesOf();
    const stranger = places.acquireBody(4 * tenth, false);
    places.acquireBody(6 * tenth, true);
    stranger?.shrinkTo(3 * tenth);
    places.acquireBody(tenth, true);
    expect(() => places.acquireBody(tenth, true)).toThrow('Too much');
    stranger?.shrinkTo(1_000); // a small one takes none
    places.acquireBody(3 * tenth, true);
    expect(() => places.acquireBody(tenth, true)).toThrow('Too much');
  });
});

const most = 1_000;
const sizeOf = (headers: Readonly<Record<string, string>>) => bodySize({ headers } as unknown as Request, most); // all that is looked at

describe('the room for a body that is not read yet', () => {
  it('is what the body says that it has', () => {
    expect(sizeOf({ 'content-length': '10' })).toBe(10);
    expect(sizeOf({ 'content-length': '10', 'content-encoding': 'identity' })).toBe(10);
    expect(sizeOf({})).toBe(0);
  });

  it.each([
    { 'transfer-encoding': 'chunked' },
    { 'content-length': '10', 'content-encoding': 'gzip' },
    { 'content-length': '10', 'content-encoding': 'br' },
    { 'content-length': '99999' },
  ])('is the most that it may have where nobody can tell, or it is longer: %o', (headers) => {
    expect(sizeOf(headers)).toBe(most);
  });
});
