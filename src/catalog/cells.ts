import type { Attribute, Flag } from '../canonical/index.ts';
import { isRow } from './formats/row.ts';
import { plainText } from './plain-text.ts';

/** Why a row is no product. Its message is for the shop's people: what was expected, and what was there. */
export class RowError extends Error {
  override readonly name = 'RowError';
}

/** A value of the file, cut to what a message can hold. */
export const show = (value: unknown): string => JSON.stringify(value ?? null).slice(0, 60);

/** Names under which objects of feeds hold what they stand for: `{ "@type": "Brand", "name": "Acme" }`. */
const telling = ['name', 'value', '@value', 'label', 'title', 'text'];

/** One value as plain text; numbers, truth values and what an object is called too. `undefined` for anything else and for empty text. */
export function readText(value: unknown): string | undefined {
  if (typeof value === 'string') return plainText(value) || undefined;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.map(readText).find((text) => text !== undefined);
  if (!isRow(value)) return undefined;
  const found = telling.map((name) => value[name]).find((part) => typeof part === 'string');
  return found === undefined ? undefined : readText(found);
}

/** Several values as paragraphs. */
export function readLongText(value: unknown): string | undefined {
  if (!Array.isArray(value)) return readText(value);
  const parts = value.flatMap((part: unknown) => readText(part) ?? []);
  return parts.length === 0 ? undefined : parts.join('\n');
}

/** Names under which objects of feeds hold an address. */
const addressed = ['src', 'url', 'contentUrl', 'href', '@id', 'originalSrc', 'link'];

/**
 * An address that a browser may be sent to: absolute http(s), or a path of the shop's own. The first one of a list, in an array or in
 * a text. `undefined` for anything else.
 */
export function readAddress(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  if (isRow(first)) {
    return readAddress(addressed.map((name) => first[name]).find((part) => typeof part === 'string'));
  }
  if (typeof first !== 'string') return undefined;
  // A cell may be a megabyte of white space: what stands between two addresses is looked at once.
  const [whole = '', ...others] = first.trim().split(/(?<=[,;|\s])(?=https?:\/\/)/i);
  const start =
    others.length === 0
      ? whole
      : whole
          .trimEnd()
          .replace(/[,;|]$/, '')
          .trimEnd();
  const text = (/^www\.[^\s/]+\./i.test(start) ? `https://${start}` : start).replaceAll(' ', '%20');
  return /^(?:(?:https?:)?\/\/|\/)[^\s\\]+$/i.test(text) ? text : undefined;
}

/** A path from the widest to the narrowest: `Home > Tools > Desks`. Google's bare category numbers say nothing to people. */
export function readCategory(value: unknown): string | undefined {
  const parts = Array.isArray(value) ? value.map(readText) : [readText(value)];
  const path = parts.filter((part) => part !== undefined).join(' > ');
  return path === '' || /^\d+$/.test(path) ? undefined : path.replace(/\s[|»]\s/g, ' > ');
}

/** Names that feeds have for a name and for its value, in lists of both. */
const keyNames = ['key', 'name', 'param_name', 'PARAM_NAME', 'attribute_name', 'attribute_code'];
const valueNames = ['value', 'val', 'VAL', 'attribute_value', 'options', 'values', 'option'];

/** More than anyone reads of one product. Our choice. */
const maxPairs = 200;

/** Names and values: a list of `{ key, value }` or of `{ name, value }`, or an object of names with one or several values. */
export function readPairs(value: unknown): readonly Attribute[] {
  return pairsOf(value).slice(0, maxPairs);
}

function pairsOf(value: unknown): readonly Attribute[] {
  if (Array.isArray(value)) return value.slice(0, maxPairs).flatMap(pairsOf);
  if (!isRow(value)) return [];
  const key = keyNames.map((name) => value[name]).find((part) => typeof part === 'string');
  const held = valueNames.find((name) => value[name] !== undefined);
  const isPair = typeof key === 'string' && held !== undefined;
  const entries: readonly (readonly [string, unknown])[] = isPair ? [[key, value[held]]] : Object.entries(value);
  return entries.flatMap(([name, part]) =>
    (Array.isArray(part) ? part.slice(0, maxPairs) : [part]).flatMap((entry: unknown) => {
      const text = readText(entry);
      return text === undefined ? [] : [{ key: plainText(name), value: text }];
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
