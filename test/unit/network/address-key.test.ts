import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressKey } from '../../../src/network/index.ts';

function areTheSame(...addresses: readonly string[]): void {
  expect([...new Set(addresses.map(addressKey))]).toHaveLength(1);
}

describe('an address is counted', () => {
  it('by itself, where it is of IPv4', () => {
    expect(addressKey('192.0.2.7')).toBe('192.0.2.7');
    expect(addressKey('192.0.2.8')).toBe('192.0.2.8');
  });

  it.each([
    '::ffff:192.0.2.7',
    '::FFFF:192.0.2.7',
    '::ffff:c000:207',
    '0:0:0:0:0:ffff:192.0.2.7',
    '0000:0000:0000:0000:0000:ffff:c000:0207',
    '64:ff9b::192.0.2.7',
    '64:ff9b::c000:207',
    '2002:c000:0207::1',
    '2002:c000:207:ffff:1:2:3:4',
    '192.0.2.7:50123',
    '[::ffff:192.0.2.7]:50123',
  ])('as its IPv4, where that is written as %s', (address) => {
    expect(addressKey(address)).toBe('192.0.2.7');
  });

  it('by its /64, whatever the rest of it is and however it is written', () => {
    const group = fc.integer({ min: 0, max: 0xffff }).map((number) => number.toString(16));
    fc.assert(
      fc.property(fc.tuple(group, group, group, group), (rest) => {
        areTheSame(`2001:db8:0:7:${rest.join(':')}`, '2001:db8:0:7::');
      }),
    );
    areTheSame(
      '2001:db8:0:7::1',
      '2001:DB8:0:7::1',
      '2001:0db8:0000:0007:0000:0000:0000:0001',
      '2001:db8::7:0:0:0:1',
      '2001:db8:0:7:1:2:192.0.2.1',
      '2001:db8:0:7::1%eth0',
      '[2001:db8:0:7::1]',
      '[2001:db8:0:7::1]:443',
    );
  });

  it('apart from its neighbours of other networks', () => {
    const others = ['2001:db8:0:7::1', '2001:db8:0:8::1', '2001:db8:1:7::1', '::1', 'fe80::1', '1::'];
    expect(new Set(others.map(addressKey))).toHaveLength(others.length);
  });

  it('together with all others, where it is none', () => {
    fc.assert(fc.property(fc.string(), (text) => areTheSame(`x${text}`, '')));
    areTheSame('', 'unknown', '_hidden', '1.2.3', '1.2.3.4.5', '[1.2.3]', '::1::', '999.0.0.1:80', '[[::1]]');
  });
});
