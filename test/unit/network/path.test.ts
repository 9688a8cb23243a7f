import { describe, expect, it } from 'vitest';
import { mayBeMisread } from '../../../src/network/index.ts';

describe('a path that a server may read as another one', () => {
  it.each([
    // Climbs, as they are written and escaped once or twice.
    '/k/..',
    '/k/../admin',
    '/k/..//admin',
    '/k/%2e%2e/admin',
    '/k/.%2E/admin',
    '/k/%2e./admin',
    '/k%2f..%2fadmin',
    '/k%2F%2e%2e%2Fadmin',
    '/k/..%2fadmin',
    '/k/%252e%252e/admin',
    '/k/%252e%252e%252fadmin',
    '/k/..%252fadmin',
    '/k/.%252e/admin',
    '/k/%25%32%65%25%32%65/admin',
    '/k/%%32%65%%32%65/admin',
    '/k/%u002e%u002e/admin',
    '/k/%25u002e%25u002e/admin',
    // What some servers leave out behind them.
    '/k/..;/admin',
    '/k/..;x=1/admin',
    '/k/..%3b/admin',
    '/k/..%253b/admin',
    '/k/..%20/admin',
    '/k/..%20',
    '/k/%20../admin',
    '/k/..%20./admin',
    '/k/..%2520/admin',
    '/k/..%09/admin',
    '/k/..%00/admin',
    '/k/..%2500/admin',
    '/k/..%3fx',
    '/k/..%23x',
    '/k/..%c2%a0/admin',
    // Back-slashes.
    '/k\\..\\admin',
    '/k/..\\admin',
    '/k/%2e%2e%5cadmin',
    '/k%5c..%5cadmin',
    '/k/a%5Cb',
    '/k/..%255cadmin',
    '/k/a%255Cb',
    // Control characters.
    '/k/a%00',
    '/k/a%00.png',
    '/k/a%2500',
    '/k/a%0d%0aX-Y:%20z',
    '/k/a%250d',
    '/k/a%7f',
    '/k/%01',
    '/k/a\u007f',
    // Bytes that stand for others where they are read laxly.
    '/k/%c0%ae%c0%ae/admin',
    '/k/..%c0%afadmin',
    '/k/%c0%2e%c0%2e/admin',
    '/k/..%c1%9cadmin',
    '/k/%e0%80%ae%e0%80%ae/admin',
    '/k/%f0%80%80%ae./admin',
    '/k/%f8%80%80%80%ae./admin',
    '/k/%fc%80%80%80%80%ae./admin',
    '/k/%25c0%25ae%25c0%25ae/admin',
    '/k/\u00c0\u00ae\u00c0\u00ae/admin',
    '/k/%ef%bc%8e%ef%bc%8e/admin',
    '/k/..%ef%bc%8fadmin',
    '/k/..%ef%bc%bcadmin',
    // Other hosts.
    '//evil.test/admin',
    '//k/a',
    '/%2fevil.test/admin',
    '/%252fevil.test/admin',
    '%2f/evil.test',
  ])('%j', (path) => {
    expect(mayBeMisread(path)).toBe(true);
  });
});

describe('a path that everybody reads as it is meant', () => {
  it.each([
    '/',
    '',
    '/k',
    '/k/',
    '/k/group%2Frepo',
    '/k/group%2frepo/-/raw',
    '/k//a%2Fb/{x}',
    '/k/a%252Fb',
    '/k/caf%C3%A9',
    '/k/Gr%FC%DFe',
    '/k/%E6%97%A5%E6%9C%AC',
    '/k/%F0%9F%98%80',
    '/k/C%23',
    '/k/what%3F',
    '/k/100%25',
    '/k/100%',
    '/k/%zz',
    '/k/a%20b',
    '/k/a+b',
    '/k/a;v=1/b',
    '/k/a..b',
    '/k/v1...v2',
    '/k/..hidden',
    '/k/name..',
    '/k/.well-known/x',
    '/k/...',
    '/k/./a',
    '/k/a.',
    '/k/@scope%2fname',
    '/k/a:b,c=d&e~f!g*h(i)',
    "/k/it's",
  ])('%j', (path) => {
    expect(mayBeMisread(path)).toBe(false);
  });
});

describe('a path that is elsewhere once it is read', () => {
  const within = (path: string): boolean => !/^\/k\/admin(?:\/|$)/.test(path);

  it.each([
    '/k/%61dmin',
    '/k/./admin',
    '/k//admin/x',
    '/k%2Fadmin',
    '/k;x=1/admin/x',
    '/k/admin%2fx',
    '/k/%2561dmin',
    '/k/%2e/admin',
  ])('%j', (path) => {
    expect([mayBeMisread(path, within), mayBeMisread(path)]).toEqual([true, false]);
  });
});
