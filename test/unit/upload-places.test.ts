import { describe, expect, it } from 'vitest';
import { createUploadPlaces } from '../../src/http/upload-places.ts';

const maxBytes = 10_485_760;
/** How many of so many tries found a place. */
const taken = (count: number, take: (at: number) => unknown): number =>
  Array.from({ length: count }, (_, at) => take(at)).filter((place) => place !== undefined).length;

describe('places for uploads', () => {
  it('are bounded in all, for a site, and for an address', () => {
    const all = createUploadPlaces(maxBytes);
    expect(taken(1_000, (at) => all.take({ address: `10.0.0.${at}`, site: `sk_${at}` }))).toBe(32);
    const site = createUploadPlaces(maxBytes);
    expect(taken(1_000, (at) => site.take({ address: `10.0.0.${at}`, site: 'sk_demo' }))).toBe(16);
    expect(site.take({ address: '10.0.0.1', site: 'sk_other' })).toBeDefined();
    const address = createUploadPlaces(maxBytes);
    expect(taken(1_000, (at) => address.take({ address: '10.0.0.1', site: `sk_${at}` }))).toBe(8);
    expect(address.take({ address: '10.0.0.2', site: 'sk_1' })).toBeDefined();
  });

  it('are apart for those who have not said whose they are: thousands of them keep nobody else waiting', () => {
    const places = createUploadPlaces(maxBytes);
    expect(taken(5_000, (at) => places.take({ address: `10.0.${at}.1` }))).toBe(4);
    expect(taken(100, (at) => places.take({ address: `10.0.${at}.1`, site: `sk_${at}` }))).toBe(32);
  });

  it('are two at most for one address that has not said whose they are', () => {
    const places = createUploadPlaces(maxBytes);
    expect(taken(8, () => places.take({ address: '10.0.0.1' }))).toBe(2);
    expect(places.take({ address: '10.0.0.2' })).toBeDefined();
  });

  it('are free again when they are given back, and nothing is remembered of who had them', () => {
    const places = createUploadPlaces(maxBytes);
    const held = Array.from({ length: 8 }, () => places.take({ address: '10.0.0.1', site: 'sk_demo' }));
    for (const place of held) place?.release();
    expect(taken(100, () => places.take({ address: '10.0.0.1', site: 'sk_demo' }))).toBe(8);
  });

  it('have 96 MB of room between them, or as much as one image may have', () => {
    const places = createUploadPlaces(maxBytes);
    const [first, second] = ['10.0.0.1', '10.0.0.2'].map((address) => places.take({ address, site: 'sk_demo' }));
    expect(first?.grow(96 * 1_048_576)).toBe(true);
    expect(second?.grow(1)).toBe(false);
    first?.release();
    expect(second?.grow(1)).toBe(true);
    const large = createUploadPlaces(200 * 1_048_576);
    expect(large.take({ address: '10.0.0.1', site: 'sk_demo' })?.grow(200 * 1_048_576)).toBe(true);
  });
});
