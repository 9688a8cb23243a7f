import type { Request } from 'express';
import { describe, expect, it } from 'vitest';
import { bodySize } from '../../src/http/read-body.ts';

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
