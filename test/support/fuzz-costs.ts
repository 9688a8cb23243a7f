import fc from 'fast-check';
import { expect } from 'vitest';
import type { CostedGateway } from './costed-gateway.ts';
import { type Edit, edit } from './fuzz-mutations.ts';

/** What one input may cost the gateway's process: CPU in milliseconds, and bytes that it holds afterwards. */
const maxCpuMs = 100;
const maxHeldBytes = 4 * 2 ** 20;

/** Holds one input to both bounds. The machine does other things too: what was dear is tried again, and the least counts. */
export async function expectCheap(gateway: CostedGateway, run: () => Promise<unknown>): Promise<void> {
  const cost = await gateway.leastFullCostOf(run, { tries: 5, enoughMs: maxCpuMs, enoughBytes: maxHeldBytes });
  expect(cost.cpuMs, 'CPU in milliseconds').toBeLessThanOrEqual(maxCpuMs);
  expect(cost.heldBytes, 'bytes held').toBeLessThanOrEqual(maxHeldBytes);
}

/** Text of a kind, as long as a bound lets in: what mutations of documents seldom are. Told as it is made, so that a report can be read. */
interface Repeated {
  readonly unit: string;
  readonly times: number;
}

const repeated: fc.Arbitrary<Repeated> = fc
  .record({
    unit: fc.oneof(
      fc.string({ minLength: 1, maxLength: 4, unit: 'grapheme' }),
      fc.constantFrom('<', '[', '{"a":', ' ', '\n', '%2e', '\u0301', '<think>', '<tool_call>'),
    ),
    length: fc.constantFrom(1_000, 30_000, 300_000),
  })
  .map(({ unit, length }) => ({ unit, times: Math.floor(length / unit.length) }));

/** A change of a document, by a value of its own or by a long text. */
type DearEdit = Edit | { readonly at: number; readonly long: Repeated };

/** Changes of a document, some of them as large as they may be. */
export const dearEdits: fc.Arbitrary<readonly DearEdit[]> = fc.array(
  fc.oneof<fc.Arbitrary<DearEdit>[]>(edit, fc.record({ at: fc.nat(), long: repeated })),
  { maxLength: 3 },
);

export const asEdits = (edits: readonly DearEdit[]): readonly Edit[] =>
  edits.map((each) =>
    'long' in each ? { at: each.at, kind: 'replace', key: '', value: each.long.unit.repeat(each.long.times) } : each,
  );
