import type { Attribute, Flag } from '../canonical/index.ts';
import { plainText } from './plain-text.ts';

/** Why a row is no product. Its message is for the shop's people: what was expected, and what was there. */
export class RowError extends Error {
  override readonly name = 'RowError';
}

/** A value of the file, cut to what a message can hold. */
export const show = (value: unknown): string => JSON.stringify(value).slice(0, 60);

/** One value as plain text; numbers and truth values too. `undefined` for anything else and for empty text. */
export function readText(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' ? plainText(value) || undefined : undefined;
}

/** How many there are; what a shop oversold is none. Throws `RowError`. */
export function readQuantity(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const number = typeof value === 'string' ? Number(value.trim()) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) {
    throw new RowError(`quantity must be a whole number; got ${show(value)}`);
  }
  return Math.max(0, Math.floor(number));
}

/** An address that a browser may be sent to: absolute http(s), or a path of the shop's own. The first one of a list. Throws `RowError`. */
export function readAddress(value: unknown, name: string): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  if (first === undefined) return undefined;
  const text = typeof first === 'string' ? first.trim().replaceAll(' ', '%20') : '';
  if (/^(?:(?:https?:)?\/\/|\/)[^\s\\]+$/i.test(text)) return text;
  throw new RowError(`${name} must be an http(s) address; got ${show(first)}`);
}

/** A path from the widest to the narrowest: `Home > Tools > Desks`. Google's bare category numbers say nothing to people. */
export function readCategory(value: unknown): string | undefined {
  const parts = Array.isArray(value) ? value.map(readText) : [readText(value)];
  const path = parts.filter((part) => part !== undefined).join(' > ');
  return path === '' || /^\d+$/.test(path) ? undefined : path;
}

/** Names and values: a list of `{ key, value }`, or an object of names with one or several values. */
export function readPairs(value: unknown): readonly Attribute[] {
  if (Array.isArray(value)) return value.flatMap(readPairs);
  if (typeof value !== 'object' || value === null) return [];
  const entries: readonly (readonly [string, unknown])[] =
    'key' in value && 'value' in value ? [[String(value.key), value.value]] : Object.entries(value);
  return entries.flatMap(([key, content]) =>
    (Array.isArray(content) ? content : [content]).flatMap((entry) => {
      const text = readText(entry);
      return text === undefined ? [] : [{ key: plainText(key), value: text }];
    }),
  );
}

/** Marks on a product: a list of `{ type, title, text }`. */
export function readFlags(value: unknown): readonly Flag[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null) return [];
    const { type, title, text } = Object.fromEntries(Object.entries(entry).map(([key, part]) => [key, readText(part)]));
    return type === undefined || title === undefined ? [] : [{ type, title, text: text ?? '' }];
  });
}
