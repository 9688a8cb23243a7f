import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';

/** The value after a way through JSON: what a client would see of it. Bytes and their like stay as they are. */
export function throughJson<T>(value: T): T {
  if (value === undefined || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(throughJson) as T; // an array stays an array
  if (typeof value === 'object' && value !== null) {
    const known = Object.entries(value).filter(([, field]) => field !== undefined);
    return Object.fromEntries(known.map(([key, field]) => [key, throughJson(field)])) as T; // the keys that JSON has
  }
  return JSON.parse(JSON.stringify(value)) as T; // a scalar is the same one, but for -0
}

/** The value with everything in it frozen. */
export function deepFreeze<T>(value: T): T {
  // What a view looks into cannot be frozen.
  if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) {
    for (const field of Object.values(value)) deepFreeze(field);
    Object.freeze(value);
  }
  return value;
}

/** Every way to cut bytes in two. */
export function* cutEverywhere(bytes: Uint8Array): Generator<readonly [Uint8Array, Uint8Array], void, void> {
  for (let at = 0; at <= bytes.length; at += 1) yield [bytes.subarray(0, at), bytes.subarray(at)];
}

/** Bytes one at a time. */
export function crumble(bytes: Uint8Array): readonly Uint8Array[] {
  return Array.from(bytes, (byte) => Uint8Array.of(byte));
}

/** Whether two values are equal, absent and undefined fields being the same. */
export function equals(left: unknown, right: unknown): boolean {
  return isDeepStrictEqual(throughJson(left), throughJson(right));
}

/** Fails unless two values are the same to the last key. Not `toStrictEqual`, which reads a key named `constructor` as a type. */
export function expectSame(actual: unknown, expected: unknown): void {
  assert.deepStrictEqual(actual, expected);
}
