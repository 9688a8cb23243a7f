import { GatewayError } from '../errors/index.ts';

/** How much JSON is taken of somebody else. */
interface JsonBounds {
  /** Levels of lists and objects in each other. */
  readonly maxDepth: number;
  /** Entries of all its lists and objects together. */
  readonly maxValues: number;
}

/** A schema looks at each value, and a megabyte of them would hold everybody else up for a second. Our choice. */
const clientBounds: JsonBounds = { maxDepth: 64, maxValues: 20_000 };

/** More than a thousand items have, and far from where what reads or writes level by level runs out of stack. Our choice. */
const upstreamBounds: JsonBounds = { maxDepth: 512, maxValues: 200_000 };

/** What stands in a client's JSON text. Throws as `checkClientJson`, and `malformed-request` with the text where it is not JSON. */
export function parseClientJson(text: string, what: string): unknown {
  checkClientJson(text, what);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new GatewayError('malformed-request', `${what} is not valid JSON`, { cause, source: text });
  }
}

/** Throws `invalid-request` for a client's text of more than 64 levels or 20,000 values, whether it is JSON otherwise or not. */
export function checkClientJson(text: string, what: string): void {
  const excess = excessOf(text, clientBounds);
  if (excess !== undefined) throw new GatewayError('invalid-request', `${what} ${excess}`);
}

/**
 * What stands in an upstream's JSON text. Throws `upstream-protocol` for what is not JSON, and for more than 512 levels or 200,000
 * values; says what it is and how long, and never shows what stands in it.
 */
export function parseUpstreamJson(text: string, what: string): unknown {
  const excess = excessOf(text, upstreamBounds);
  if (excess !== undefined)
    throw new GatewayError('upstream-protocol', `${what} of ${text.length} characters ${excess}`);
  try {
    return JSON.parse(text);
  } catch {
    // Its cause would quote the text, and what visitors are told is not for logs.
    throw new GatewayError('upstream-protocol', `${what} of ${text.length} characters is not JSON`);
  }
}

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Which bound a text goes beyond, if any. Looked for in the text, and no further than the excess: to read it would cost what the
 * bounds are there to save, and to walk the value would take a stack as deep as it is.
 */
function excessOf(text: string, { maxDepth, maxValues }: JsonBounds): string | undefined {
  // Each level of JSON takes two characters, and so does each value: most messages of a stream are shorter.
  if (text.length <= 2 * Math.min(maxDepth, maxValues)) return undefined;
  if (text.length <= 2 * maxValues && !opensMore(text, maxDepth)) return undefined;
  let depth = 0;
  let values = 1;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) at = endOfString(text, at);
    else if (code === comma) values += 1;
    else if (code === openList || code === openObject) depth += 1;
    else if (code === closeList || code === closeObject) depth -= 1;
    if (depth > maxDepth) return `is nested deeper than ${maxDepth} levels`;
    if (values > maxValues) return `holds more than ${maxValues} values`;
  }
  return undefined;
}

/** Whether a text has more opening brackets than `most`, those in its strings with them: looked for by the engine, and not by us. */
function opensMore(text: string, most: number): boolean {
  let found = 0;
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      found += 1;
      if (found > most) return true;
    }
  }
  return false;
}

/** Where the quote stands that closes the one at `start`; the end of the text where none does. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === backslash) slashes += 1;
    if (slashes % 2 === 0) return at;
  }
  return text.length;
}
