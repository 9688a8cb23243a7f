import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareAmounts, readMoney, subtractAmounts } from '../../../src/catalog/index.ts';

describe('a price as shops write it', () => {
  it.each([
    ['59.99', '59.99', undefined],
    ['59,99 EUR', '59.99', 'EUR'],
    ['1.299,00', '1299.00', undefined],
    ['1,299.00 USD', '1299.00', 'USD'],
    ['1.299', '1299', undefined],
    ['1.234.567,5', '1234567.5', undefined],
    ['USD 12', '12', 'USD'],
    ['€ 1 299,00', '1299.00', 'EUR'],
    ["CHF 1'299.-", '1299', 'CHF'],
    ['12 euros', '12', 'EUR'],
    ['0.125', '0.125', undefined],
    ['007.50', '7.50', undefined],
    ['$49', '49', 'USD'],
    [0.1 + 0.2, '0.30000000000000004', undefined],
    [999.99, '999.99', undefined],
    [1e-7, '0.0000001', undefined],
    [0, '0', undefined],
  ])('reads %j as %s %s', (text, amount, currency) => {
    expect(readMoney(text)).toEqual({ amount, ...(currency && { currency }) });
  });

  it.each(['', 'call us', '-5', '1.2.3', '5 apples', '12 to 15', Number.NaN, -1, null, {}, '1'.repeat(70)])(
    'refuses %j',
    (text) => {
      expect(readMoney(text)).toBeUndefined();
    },
  );

  it('keeps every digit of decimal text', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[1-9]\d{0,17}\.\d{2}$/), (amount) => {
        expect(readMoney(amount)).toEqual({ amount });
        expect(readMoney(`${amount.replace('.', ',')} EUR`)).toEqual({ amount, currency: 'EUR' });
      }),
    );
  });

  it('never throws, whatever stands there', () => {
    fc.assert(fc.property(fc.anything(), (value) => void readMoney(value)));
  });
});

describe('amounts', () => {
  it('are subtracted exactly', () => {
    expect(subtractAmounts({ from: '0.3', less: '0.1' })).toBe('0.2');
    expect(subtractAmounts({ from: '64.99', less: '59.99' })).toBe('5.00');
    expect(subtractAmounts({ from: '5', less: '7.25' })).toBe('-2.25');
    expect(subtractAmounts({ from: '10', less: '3' })).toBe('7');
  });

  it('are compared by value', () => {
    expect(compareAmounts('9.99', '10')).toBeLessThan(0);
    expect(compareAmounts('5', '5.00')).toBe(0);
  });
});
