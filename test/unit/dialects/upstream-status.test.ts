import { describe, expect, it } from 'vitest';
import { decodeUpstreamStatus } from '../../../src/dialects/upstream-status.ts';

const waitOf = (headers: Readonly<Record<string, string>>) =>
  decodeUpstreamStatus({ status: 429, headers, body: undefined }).details.retryAfterMs;

describe('how long an upstream asks to be left alone', () => {
  const date = 'Sun, 06 Nov 2025 08:49:37 GMT';

  it.each([
    ['seconds', { 'retry-after': '7' }, 7_000],
    ['milliseconds, which are more exact', { 'retry-after': '7', 'retry-after-ms': '6400' }, 6_400],
    ['a time by its own clock', { 'retry-after': 'Sun, 06 Nov 2025 08:50:07 GMT', date }, 30_000],
    ['a time that is over', { 'retry-after': 'Sun, 06 Nov 2025 08:49:07 GMT', date }, undefined],
    ['a time without a clock', { 'retry-after': 'Sun, 06 Nov 2025 08:50:07 GMT' }, undefined],
    ['nonsense', { 'retry-after': 'soon', 'retry-after-ms': '-1', date }, undefined],
    ['nothing', {}, undefined],
  ])('in %s', (_, headers, wait) => {
    expect(waitOf(headers)).toBe(wait);
  });
});
