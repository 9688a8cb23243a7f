import { sharedNumbers } from './numbers.ts';

/**
 * Numbers by text, in memory that threads share. A text is known by 64 bits of its hash: among a million texts, the odds that any two
 * are taken for one are one in thirty million.
 */
export interface PackedKeys {
  /** For each slot both halves of a hash, and the number plus one; 0 where it is free. There are a power of two of them. */
  readonly slots: Uint32Array;
}

const perSlot = 3;
const leastSlots = 16;

export interface KeyWriter {
  get(text: string): number | undefined;
  set(text: string, value: number): void;
  pack(): PackedKeys;
}

export function createKeyWriter(): KeyWriter {
  let slots = sharedNumbers(leastSlots * perSlot);
  let count = 0;
  const grow = (): void => {
    const before = slots;
    slots = sharedNumbers(before.length * 2);
    for (let at = 0; at < before.length; at += perSlot) {
      const value = before[at + 2] ?? 0;
      if (value === 0) continue;
      const to = slotOf(slots, { low: before[at] ?? 0, high: before[at + 1] ?? 0 });
      slots.set(before.subarray(at, at + perSlot), to);
    }
  };
  return {
    get: (text) => findKey({ slots }, text),
    set(text, value) {
      const hash = hashOf(text);
      let at = slotOf(slots, hash);
      if (slots[at + 2] === 0) {
        count += 1;
        if (count * perSlot * 2 > slots.length) {
          grow();
          at = slotOf(slots, hash);
        }
      }
      slots[at] = hash.low;
      slots[at + 1] = hash.high;
      slots[at + 2] = value + 1;
    },
    pack: () => ({ slots }),
  };
}

/** The number that a text has; `undefined` where it has none. */
export function findKey({ slots }: PackedKeys, text: string): number | undefined {
  const value = slots[slotOf(slots, hashOf(text)) + 2] ?? 0;
  return value === 0 ? undefined : value - 1;
}

interface Hash {
  readonly low: number;
  readonly high: number;
}

/** Where a hash stands, or else where it would. */
function slotOf(slots: Uint32Array, { low, high }: Hash): number {
  const last = slots.length / perSlot - 1;
  let slot = low & last;
  for (;;) {
    const at = slot * perSlot;
    if (slots[at + 2] === 0 || (slots[at] === low && slots[at + 1] === high)) return at;
    slot = (slot + 1) & last;
  }
}

/** Two multiplicative hashes side by side, stirred together at the end as MurmurHash3 does. */
function hashOf(text: string): Hash {
  let low = 0xdeadbeef ^ text.length;
  let high = 0x41c6ce57 ^ text.length;
  for (let place = 0; place < text.length; place += 1) {
    const unit = text.charCodeAt(place);
    low = Math.imul(low ^ unit, 0x9e3779b1);
    high = Math.imul(high ^ unit, 0x5f356495);
  }
  low = stir(low) ^ stir(high ^ 0x85ebca6b);
  high = stir(high) ^ stir(low ^ 0xc2b2ae35);
  return { low: low >>> 0, high: high >>> 0 };
}

function stir(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
