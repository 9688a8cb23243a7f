/** What Python's `json` says of a text that is not JSON, and where: a count of characters, not of UTF-16 units. */
export interface JsonError {
  readonly message: string;
  readonly position: number;
}

/** What is expected at a place: a value, what follows a `{` or `[`, a key with its colon, or what follows a value. */
type State = 'value' | 'opened' | 'key' | 'after';

type Step = { readonly at: number } & ({ readonly state: State | 'end' } | { readonly fault: string });

interface Scan {
  readonly text: string;
  /** The closing brackets that are still to come, the next one last. */
  readonly closers: string[];
}

const closerOf: ReadonlyMap<string | undefined, string> = new Map([
  ['{', '}'],
  ['[', ']'],
]);

const space = /[ \t\n\r]*/y;
const scalar = /null|true|false|NaN|-?Infinity|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const plainText = /[^"\\\u0000-\u001f]+/y;
const fourDigits = /[0-9a-fA-F]{4}/y;

const steps: Readonly<Record<State, (scan: Scan, at: number) => Step>> = {
  value({ text, closers }, at) {
    const closer = closerOf.get(text[at]);
    if (closer !== undefined) {
      closers.push(closer);
      return { state: 'opened', at: at + 1 };
    }
    if (text[at] === '"') return readString(text, at);
    const end = matchEnd(scalar, text, at);
    return end === undefined ? { fault: 'Expecting value', at } : { state: 'after', at: end };
  },
  opened({ text, closers }, at) {
    const closer = closers.at(-1);
    if (text[at] === closer) return { state: 'after', at };
    return { state: closer === '}' ? 'key' : 'value', at };
  },
  key({ text }, at) {
    if (text[at] !== '"') return { fault: 'Expecting property name enclosed in double quotes', at };
    const key = readString(text, at);
    if ('fault' in key) return key;
    const colon = skipSpace(text, key.at);
    return text[colon] === ':' ? { state: 'value', at: colon + 1 } : { fault: "Expecting ':' delimiter", at: colon };
  },
  after({ text, closers }, at) {
    const closer = closers.at(-1);
    if (closer === undefined) return at === text.length ? { state: 'end', at } : { fault: 'Extra data', at };
    if (text[at] === closer) {
      closers.pop();
      return { state: 'after', at: at + 1 };
    }
    if (text[at] !== ',') return { fault: "Expecting ',' delimiter", at };
    return { state: closer === '}' ? 'key' : 'value', at: at + 1 };
  },
};

/** From the opening quote to behind the closing one. */
function readString(text: string, start: number): Step {
  const unterminated = { fault: 'Unterminated string starting at', at: start };
  for (let at = start + 1; ; ) {
    const char = text[at];
    if (char === undefined) return unterminated;
    if (char === '"') return { state: 'after', at: at + 1 };
    if (char < ' ') return { fault: 'Invalid control character at', at };
    if (char !== '\\') {
      at = matchEnd(plainText, text, at) ?? text.length;
      continue;
    }
    const kind = text[at + 1];
    if (kind === undefined) return unterminated;
    if (kind === 'u') {
      // Python asks for a character behind the digits too, and blames the escape if the text ends there.
      const whole = matchEnd(fourDigits, text, at + 2) !== undefined && at + 6 < text.length;
      if (!whole) return { fault: 'Invalid \\uXXXX escape', at: at + 1 };
      at += 6;
    } else if ('"\\/bfnrt'.includes(kind)) at += 2;
    else return { fault: 'Invalid \\escape', at };
  }
}

function matchEnd(sticky: RegExp, text: string, at: number): number | undefined {
  sticky.lastIndex = at;
  return sticky.test(text) ? sticky.lastIndex : undefined;
}

function skipSpace(text: string, at: number): number {
  return matchEnd(space, text, at) ?? at;
}

/**
 * The error of Python 3.11's `json.loads`, to the letter and the character. `undefined` for what Python reads, which is more
 * than JSON: `NaN`, `Infinity`. A byte order mark is passed over, as in bytes. Newer versions name trailing commas otherwise.
 */
export function findJsonError(source: string): JsonError | undefined {
  const text = source.replace(/^\ufeff/, '');
  const scan: Scan = { text, closers: [] };
  let step: Step = { state: 'value', at: 0 };
  while (!('fault' in step) && step.state !== 'end') step = steps[step.state](scan, skipSpace(text, step.at));
  if (!('fault' in step)) return undefined;
  return { message: step.fault, position: charactersBefore(text, step.at) };
}

function charactersBefore(text: string, end: number): number {
  let characters = 0;
  for (let at = 0; at < end; at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1) characters += 1;
  return characters;
}
