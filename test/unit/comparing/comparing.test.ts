import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Item } from '../../../src/canonical/index.ts';
import {
  type Answered,
  compare,
  isSlower,
  percentile,
  readinessOf,
  shareOf,
  similarityOf,
  textFloor,
} from '../../../src/comparing/index.ts';

const spreadOf = (...values: readonly number[]): ReadonlyMap<number, number> =>
  values.reduce((spread, value) => spread.set(value, (spread.get(value) ?? 0) + 1), new Map<number, number>());
const item = (more: Partial<Item> = {}): Item => ({
  id: 'A1',
  title: 'Hoodie',
  price: '59.99',
  currency: 'EUR',
  ...more,
});
const answer = (more: Partial<NonNullable<Answered['reply']>> = {}): Answered => ({
  status: 200,
  code: 'ok',
  reply: { text: 'Yes, size L is in stock.', items: [item()], suggestions: ['And M?'], finishReason: 'stop', ...more },
});
const refusal = (status: number, code: string): Answered => ({ status, code });
const strict = { text: 0.8 };
const fieldsOf = (candidate: Answered, tolerance = strict) =>
  compare({ primary: answer(), candidate }, tolerance).differences.map(({ field }) => field);

const items = fc.array(
  fc.record({
    id: fc.constantFrom('A', 'B', 'C'),
    title: fc.string(),
    price: fc.constantFrom('1', '2.50'),
    currency: fc.constant('EUR'),
  }),
);
const answers: fc.Arbitrary<Answered> = fc.oneof(
  fc
    .record({
      text: fc.string({ unit: 'grapheme' }),
      items,
      suggestions: fc.array(fc.string()),
      finishReason: fc.constantFrom('stop' as const, 'length' as const),
    })
    .map((reply) => ({ status: 200, code: 'ok', reply })),
  fc.constantFrom(refusal(404, 'not-found'), refusal(502, 'upstream-failed'), refusal(200, 'ok')),
);

describe('one turn, answered twice', () => {
  it('is equal where it is the same, whatever it is, or says nothing', () => {
    fc.assert(
      fc.property(answers, (one) => {
        expect(['equal', 'inconclusive']).toContain(
          compare({ primary: one, candidate: structuredClone(one) }, strict).verdict,
        );
      }),
    );
  });

  it('differs in the same fields whichever side is the primary', () => {
    fc.assert(
      fc.property(answers, answers, (one, other) => {
        const there = compare({ primary: one, candidate: other }, strict);
        const back = compare({ primary: other, candidate: one }, strict);
        fc.pre([there, back].every(({ verdict }) => verdict !== 'inconclusive' && verdict !== 'failed'));
        const names = (list: typeof there) => list.differences.map(({ field }) => field).toSorted();
        expect(new Set(names(back))).toEqual(new Set(names(there)));
      }),
    );
  });

  it('is never different without a difference to show, nor the other way round', () => {
    fc.assert(
      fc.property(answers, answers, (primary, candidate) => {
        const { verdict, differences } = compare({ primary, candidate }, strict);
        if (verdict === 'different') expect(differences).not.toEqual([]);
        if (verdict === 'equal' || verdict === 'equivalent') expect(differences).toEqual([]);
      }),
    );
  });

  it.each<readonly [string, Partial<NonNullable<Answered['reply']>>]>([
    ['output.text', { text: 'No idea what that could be, sorry.' }],
    ['output.items', { items: [item(), item({ id: 'B2' })] }],
    ['output.items', { items: [] }],
    ['item.price', { items: [item({ price: '60' })] }],
    ['item.currency', { items: [item({ currency: 'USD' })] }],
    ['item.availability', { items: [item({ availability: 'in-stock' })] }],
    ['output.suggestions', { suggestions: [] }],
    ['output.finishReason', { finishReason: 'length' }],
  ])('differs in %s, which can be ignored, and does not count where a side cannot say it', (field, change) => {
    expect(fieldsOf(answer(change))).toEqual([field]);
    const alike = { verdict: expect.stringMatching(/equal|equivalent/), differences: [] };
    const sides = { primary: answer(), candidate: answer(change) };
    expect(compare(sides, { ...strict, ignore: [field] })).toMatchObject(alike);
    expect(compare(sides, { ...strict, ignore: [field.split('.')[0] ?? ''] })).toMatchObject(alike);
    expect(compare(sides, { ...strict, carries: (name) => name !== field })).toMatchObject(alike);
  });

  it('does not differ in how a price, white space, or the order of items is written, nor in what nobody compares', () => {
    const two = [item(), item({ id: 'B2' })];
    const there = answer({ items: two });
    const other = answer({
      text: ' yes, size  L is in\nstock. ',
      items: two.toReversed().map((one) => ({ ...one, price: '59.990' })),
    });
    expect(compare({ primary: there, candidate: other }, strict).verdict).toBe('equal');
    expect(fieldsOf(answer({ items: [item({ title: 'Other', imageUrl: 'https://x/y' })] }))).toEqual([]);
  });

  it('is never different beside itself, whatever ids and times either of them makes up', () => {
    const saying = (text: string, id: string, at: Date) =>
      answer({ text: `${text} Your request ${id.toUpperCase()} came ${at.toISOString()}; reply ${id}.` });
    const moment = fc.date({ min: new Date(0), max: new Date('9999-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(fc.string(), fc.uuid(), fc.uuid(), moment, moment, (text, one, other, then, later) => {
        const sides = { primary: saying(text, one, then), candidate: saying(text, other, later) };
        expect(compare(sides, { text: 1 })).toEqual({ verdict: 'equal', differences: [], similarity: 1 });
      }),
      { numRuns: 2_000 },
    );
    const days = ['It comes on 2026-12-01.', 'It comes on 2026-12-02.'].map((text) => answer({ text }));
    expect(compare({ primary: days[0] ?? answer(), candidate: days[1] ?? answer() }, { text: 1 }).verdict).toBe(
      'different',
    );
  });

  it('is equivalent where the text is close enough, and tells how close', () => {
    const close = answer({ text: 'Yes, size L is in stock!' });
    expect(compare({ primary: answer(), candidate: close }, strict)).toMatchObject({
      verdict: 'equivalent',
      differences: [],
    });
    expect(compare({ primary: answer(), candidate: close }, { text: 0.99 })).toMatchObject({ verdict: 'different' });
    expect(compare({ primary: answer(), candidate: close }, strict).similarity).toBeCloseTo(23 / 24);
  });

  it.each<readonly [string, Answered, Answered]>([
    ['equal', refusal(404, 'not-found'), refusal(404, 'not-found')],
    ['different', refusal(404, 'not-found'), refusal(422, 'invalid-request')],
    ['different', refusal(404, 'not-found'), answer()],
    ['failed', refusal(404, 'not-found'), refusal(500, 'upstream-failed')],
    ['failed', answer(), refusal(500, 'upstream-failed')],
    ['failed', answer(), refusal(404, 'not-found')],
    ['failed', answer(), refusal(200, 'ok')],
    ['inconclusive', refusal(502, 'upstream-failed'), answer()],
    ['inconclusive', refusal(200, 'ok'), answer()],
  ])('is %s, and a status that changed is shown', (verdict, primary, candidate) => {
    const found = compare({ primary, candidate }, strict);
    expect(found.verdict).toBe(verdict);
    const changed = found.differences.find(({ field }) => field === 'status');
    if (primary.status !== candidate.status)
      expect(changed).toMatchObject({ primary: primary.status, candidate: candidate.status });
    else expect(changed).toBeUndefined();
  });

  it('shows a status that changed beside replies that are the same', () => {
    expect(fieldsOf({ ...answer(), status: 201 })).toEqual(['status']);
    expect(fieldsOf({ ...answer(), status: 201 }, { ...strict, ...{ ignore: ['status'] } })).toEqual([]);
  });
});

describe('similarity', () => {
  it('is the same both ways, between 0 and 1, and 1 for the same', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 50 });
    fc.assert(
      fc.property(text, text, (one, other) => {
        const there = similarityOf(one, other);
        expect(there).toBe(similarityOf(other, one));
        expect(there).toBeGreaterThanOrEqual(0);
        expect(there).toBeLessThanOrEqual(1);
        expect(similarityOf(one, one)).toBe(1);
      }),
    );
  });

  it('of long texts costs no more than their length: a million letters in a few seconds of CPU', () => {
    const [one, other] = ['ab', 'ba'].map((pair) => pair.repeat(500_000));
    const before = process.cpuUsage();
    expect(similarityOf(one ?? '', other ?? '')).toBeGreaterThan(0.9);
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(20);
  });
});

describe('the figures', () => {
  const none = { equal: 0, equivalent: 0, different: 0, failed: 0, inconclusive: 0 };

  it('take what is configured for the floor until there are 30 controls, then all but 5 % of them', () => {
    expect(textFloor(new Map([[0.1, 29]]), 0.8)).toBe(0.8);
    const hundred = spreadOf(...Array.from({ length: 100 }, (_, index) => (index + 1) / 100));
    expect(textFloor(hundred, 0.8)).toBe(0.05);
    expect(
      percentile(
        new Map([
          [5, 94],
          [9, 6],
        ]),
        0.95,
      ),
    ).toBe(9);
    expect(
      percentile(
        new Map([
          [9, 5],
          [5, 95],
        ]),
        0.95,
      ),
    ).toBe(5);
    expect(percentile(new Map(), 0.5)).toBeNaN();
  });

  it('give the share of those that count, with Wilson’s interval around it', () => {
    expect(shareOf(none)).toEqual({ share: undefined, interval: [0, 1], of: 0 });
    const { share, interval, of } = shareOf({ equal: 80, equivalent: 10, different: 7, failed: 3 });
    expect([share, of]).toEqual([0.9, 100]);
    // Source: the closed form, as statistical packages print it.
    expect(interval[0]).toBeCloseTo(0.8256, 3);
    expect(interval[1]).toBeCloseTo(0.9448, 3);
    fc.assert(
      fc.property(fc.nat(500), fc.nat(500), (equal, different) => {
        fc.pre(equal + different > 0);
        const found = shareOf({ equal, equivalent: 0, different, failed: 0 });
        expect(found.interval[0]).toBeLessThanOrEqual((found.share ?? 0) + 1e-9);
        expect(found.interval[1]).toBeGreaterThanOrEqual((found.share ?? 0) - 1e-9);
      }),
    );
  });

  it('call slow what is so many times slower and 100 ms slower, by the 95th percentile', () => {
    expect(isSlower({ primary: spreadOf(10, 10), candidate: spreadOf(90, 90) }, 3)).toBe(false);
    expect(isSlower({ primary: spreadOf(100, 100), candidate: spreadOf(290, 290) }, 3)).toBe(false);
    expect(isSlower({ primary: spreadOf(100, 100), candidate: spreadOf(310, 310) }, 3)).toBe(true);
    expect(isSlower({ primary: spreadOf(), candidate: spreadOf() }, 3)).toBe(false);
  });

  it('never count no difference as failing, nor no traffic as ready or as failed', () => {
    const wanted = { comparisons: 200, equivalent: 0.98 };
    expect(readinessOf({ ...none, equal: 200 }, wanted).ready).toBe('yes');
    expect(readinessOf(none, wanted).ready).toBe('inconclusive');
    expect(readinessOf({ ...none, inconclusive: 5_000 }, wanted).ready).toBe('inconclusive');
    expect(readinessOf({ ...none, equal: 199 }, wanted).ready).toBe('inconclusive');
    expect(readinessOf({ ...none, equal: 190, different: 10 }, wanted)).toEqual({
      ready: 'no',
      reasons: ['95.0 % are equivalent, 98.0 % are wanted'],
    });
    expect(
      readinessOf({ ...none, equal: 190, different: 10 }, wanted, { controls: { ...none, equal: 96, different: 4 } })
        .ready,
    ).toBe('yes');
    expect(readinessOf({ ...none, equal: 200 }, wanted, { slower: true }).ready).toBe('no');
  });
});
