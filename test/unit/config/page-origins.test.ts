import { describe, expect, it } from 'vitest';
import { createPageOrigins } from '../../../src/config/index.ts';
import { errorsOf, sampleWith } from './sample.ts';

const pages: readonly (readonly [listed: string, may: readonly string[], mayNot: readonly string[]])[] = [
  [
    'https://shop.example',
    ['https://shop.example'],
    [
      'http://shop.example',
      'https://shop.example:8443',
      'https://a.shop.example',
      'https://shop.example.evil.example',
      'null',
      '',
    ],
  ],
  [
    'https://*.example.com',
    ['https://shop.example.com', 'https://de.shop.example.com', 'https://xn--bcher-kva.example.com'],
    [
      'https://example.com',
      'https://evilexample.com',
      'https://shopXexample.com',
      'http://shop.example.com',
      'https://shop.example.com:8443',
      'https://shop.example.com.evil.example',
      'https://evil.example/.example.com',
      'https://evil.example#.example.com',
      'https://.example.com',
      'https://a@b.example.com',
      'https://a.example.com\n',
      'null',
    ],
  ],
  [
    'https://*.example.com:8443',
    ['https://a.example.com:8443'],
    ['https://a.example.com', 'https://a.example.com:84430'],
  ],
  ['http://*.localhost:3000', ['http://shop.localhost:3000'], ['http://localhost:3000']],
  ['capacitor://localhost', ['capacitor://localhost'], ['ionic://localhost', 'capacitor://evil', 'null']],
  ['ionic://localhost', ['ionic://localhost'], ['capacitor://localhost']],
  ['chrome-extension://abcdefghijklmnop', ['chrome-extension://abcdefghijklmnop'], ['chrome-extension://other']],
  ['file://', ['file://'], ['null']],
  ['null', ['null'], ['https://shop.example', 'undefined', '']],
  ['*', ['https://any.example', 'null', 'capacitor://localhost'], []],
];

// clients/10-origins.md: a pattern that was taken and never fitted, and origins of apps that could not be listed.
describe('pages listed as', () => {
  it.each(pages)('%s may call, and no others', (listed, may, mayNot) => {
    expect(errorsOf(sampleWith('tenants.0.sites.0.origins', [listed]))).toEqual([]);
    const { has } = createPageOrigins([listed]);
    expect(may.filter((origin) => !has(origin))).toEqual([]);
    expect(mayNot.filter(has)).toEqual([]);
  });
});
