import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentWords, fold, isLike, stemOf } from '../../../src/catalog/index.ts';
import { plainText } from '../../../src/catalog/plain-text.ts';

describe('words', () => {
  it('lose their accents, and German umlauts become two letters', () => {
    expect(fold('Größe ÉCLAIR Søren')).toBe('groesse eclair soren');
    expect(fold('Gro\u0308ße')).toBe('groesse');
  });

  it.each([
    ['desks', 'desk'],
    ['hoodies', 'hoodie'],
    ['boxes', 'box'],
    ['dresses', 'dress'],
    ['watches', 'watch'],
    ['houses', 'house'],
    ['cities', 'city'],
    ['Tische', 'Tisch'],
    ['Lampen', 'Lampe'],
  ])('%s and %s are one', (plural, singular) => {
    expect(stemOf(fold(plural))).toBe(stemOf(fold(singular)));
  });

  it.each([
    ['glass', 'gas'],
    ['desk', 'disk'],
    ['st678vg', 'st679vg'],
  ])('%s and %s are two', (one, other) => {
    expect(stemOf(one)).not.toBe(stemOf(other));
  });

  it('of asking say nothing about a product, in English and German', () => {
    expect(contentWords('Do you have any desks for me, please?')).toEqual(['desks']);
    expect(contentWords('Könnt ihr mir bitte einen Tisch empfehlen?')).toEqual(['tisch']);
    expect(contentWords('What is it?')).toEqual([]);
  });

  it('are alike when a typing error is between them', () => {
    expect(isLike('hodie', 'hoodie')).toBe(true);
    expect(isLike('wrokshop', 'workshop')).toBe(true);
    expect(isLike('cat', 'car')).toBe(false);
    expect(isLike('ps5', 'ps4')).toBe(false);
  });
});

describe('a description in HTML', () => {
  it('becomes plain text', () => {
    expect(plainText('<p>Solid &amp; warm.</p><ul><li>one</li><li>two&nbsp;&euro;</li></ul>')).toBe(
      'Solid & warm.\none\ntwo €',
    );
    expect(plainText('a<script>alert("x")</script>b<style>p{}</style><!-- no -->c')).toBe('a b c');
    expect(plainText('K&uuml;che &#8211; &#x2713; &unknown;')).toBe('Küche – ✓ &unknown;');
  });

  it('keeps text that only looks like it', () => {
    expect(plainText('size < 5 and > 3')).toBe('size < 5 and > 3');
    expect(plainText('&lt;b&gt; is a tag')).toBe('<b> is a tag');
  });

  it('leaves no control character and no lone surrogate, whatever was there', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const plain = plainText(`${text}\ud800&#0;<b>`);
        expect(plain).not.toMatch(/[\0-\x08\x0b-\x1f\x7f]|\p{Surrogate}/u);
      }),
    );
  });

  it('is read in a moment, however hostile', () => {
    const started = performance.now();
    for (const text of [
      '<'.repeat(1e6),
      '<a '.repeat(3e5),
      '<!--'.repeat(3e5),
      '&'.repeat(1e6),
      '<script>'.repeat(1e5),
      ' \n'.repeat(5e5),
    ])
      plainText(text);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
