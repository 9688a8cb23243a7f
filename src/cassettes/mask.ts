import { createHmac } from 'node:crypto';
import type { Dialect } from '../dialects/dialect.ts';
import {
  bodyOf,
  type RecordedAnswer,
  type RecordedHeaders,
  type RecordedRequest,
  readBytes,
  type TextPolicy,
  writeBytes,
} from './exchange.ts';
import { isSecret, type Places, placesOf } from './places.ts';
import { type Edits, editText } from './strings.ts';

export interface Exchanged {
  readonly request: RecordedRequest;
  readonly answer: RecordedAnswer;
}

export interface Mask {
  /** The exchange without its secrets; under `mask`, without what people wrote. What is replaced keeps its length in bytes. */
  exchange(exchanged: Exchanged, text: TextPolicy): Exchanged;
}

/** Shorter ones are replaced where they stand alone: in the rest of an exchange they could be anything. */
const shortestSecret = 6;

/** `key` decides the new names of sessions: the same one gives the same names. Without one, sessions and secrets leave no trace, for what is alike but for these to be the same. */
export function createMask(dialect: Dialect, key?: string): Mask {
  const places = placesOf(dialect);
  return {
    exchange({ request, answer }, policy) {
      const secrets = createSecrets(places, key);
      const edits = editsOf(places, secrets, policy);
      // What is found to be secret in one place is taken out of all of them.
      secrets.collect(request, answer);
      const headers = (all: RecordedHeaders, isKept: (name: string) => boolean): RecordedHeaders =>
        Object.fromEntries(
          Object.entries(all)
            .filter(([name]) => isKept(name))
            .map(([name, value]) => [name, mapValues(value, secrets.remove)]),
        );
      const body = (bytes: Buffer): Buffer => secrets.removeBytes(editBytes(bytes, edits, policy));
      return {
        request: {
          ...request,
          path: secrets.remove(request.path),
          query: secrets.remove(editQuery(request.query, edits)),
          headers: headers(request.headers, (name) => places.headers.has(name)),
          body: writeBytes(body(readBytes(request.body))),
        },
        answer: {
          ...answer,
          ...(answer.headers && { headers: headers(answer.headers, (name) => !isSecret(name)) }),
          chunks: cutLike(answer.chunks, body(bodyOf(answer))),
        },
      };
    },
  };
}

function editsOf(places: Places, secrets: Secrets, policy: TextPolicy): Edits {
  const word = (text: string): boolean => places.words.has(text) || /^\[[A-Z]+\]$/.test(text);
  return {
    string(content, name) {
      if (secrets.isSecretField(name)) return secrets.hide(content);
      if (places.sessions.has(name)) return secrets.rename(content);
      if (policy === 'keep' || places.agents.has(name) || word(content) || isReference(name, content)) return content;
      return maskLetters(content);
    },
    plain: (text) => (policy === 'keep' || word(text.trim()) ? text : maskLetters(text)),
  };
}

/** Whether it names something by which a dialogue goes on, or a time. */
function isReference(name: string, content: string): boolean {
  if (/^\d{4}-\d\d-\d\d[T ][\d:.+Z-]+$/.test(content)) return true;
  if (/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(content)) return true;
  return /(?:^|_)ids?$|[a-z]Ids?$/.test(name) && !/[\s@]/.test(content);
}

interface Secrets {
  isSecretField(name: string): boolean;
  collect(request: RecordedRequest, answer: RecordedAnswer): void;
  hide(secret: string): string;
  rename(session: string): string;
  remove(text: string): string;
  removeBytes(bytes: Buffer): Buffer;
}

function createSecrets(places: Places, key: string | undefined): Secrets {
  const found = new Map<string, string>();
  const isSecretField = (name: string): boolean => places.secrets.has(name) || isSecret(name);
  const hide = (secret: string): string => (key === undefined ? '' : stars(secret));
  const rename = (session: string): string =>
    key === undefined
      ? ''
      : createHmac('sha256', key).update(session).digest('hex').repeat(8).slice(0, Buffer.byteLength(session));
  const note = (value: string, replacement: string): void => {
    for (const form of [value, encodeURIComponent(value), encodeURIComponent(value).replaceAll('%20', '+')]) {
      if (value.length >= shortestSecret)
        found.set(form, replacement.padEnd(Buffer.byteLength(form), '*').slice(0, Buffer.byteLength(form)));
    }
  };
  const noteField = (value: string, name: string): string => {
    if (isSecretField(name)) note(value, stars(value));
    else if (places.sessions.has(name)) note(value, rename(value));
    return value;
  };
  const noteHeaders = (headers: RecordedHeaders = {}): void => {
    for (const [name, values] of Object.entries(headers)) {
      if (!places.secretHeaders.has(name) && !isSecret(name)) continue;
      for (const value of [values].flat()) for (const part of partsOf(value)) note(part, stars(part));
    }
  };
  const replaceAll = (text: string, form: (value: string) => string): string => {
    let rest = text;
    // The longest first: one may hold another.
    for (const [value, replacement] of [...found].sort(([one], [other]) => other.length - one.length))
      rest = rest.replaceAll(form(value), form(replacement));
    return rest;
  };
  const watch: Edits = { string: noteField, plain: (text) => text };
  return {
    isSecretField,
    hide,
    rename,
    collect(request, answer) {
      noteHeaders(request.headers);
      noteHeaders(answer.headers);
      editQuery(request.query, watch);
      editText(readBytes(request.body).toString('utf8'), watch);
      editText(bodyOf(answer).toString('utf8'), watch);
    },
    remove: (text) => replaceAll(text, (value) => value),
    removeBytes: (bytes) =>
      Buffer.from(
        replaceAll(bytes.toString('latin1'), (value) => Buffer.from(value).toString('latin1')),
        'latin1',
      ),
  };
}

/** A header's value, and what in it may stand elsewhere alone: the key after its scheme, each cookie. */
function partsOf(value: string): readonly string[] {
  const cookies = value.split(/; */).map((cookie) => cookie.slice(cookie.indexOf('=') + 1));
  return [value, value.replace(/^[A-Za-z]+ +/, ''), ...cookies];
}

const stars = (text: string): string => '*'.repeat(Buffer.byteLength(text));

function editQuery(query: string, edits: Edits): string {
  return query
    .split('&')
    .map((pair) => editPair(pair, edits))
    .join('&');
}

function editPair(pair: string, edits: Edits): string {
  const at = pair.indexOf('=');
  if (at === -1) return pair;
  const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
  const text = decoded(value);
  const edited = edits.string(text, decoded(name));
  return edited === text ? pair : `${name}=${encodeURIComponent(edited)}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** Bytes that are no text say nothing that could be masked letter by letter: none of them is kept. */
function editBytes(bytes: Buffer, edits: Edits, policy: TextPolicy): Buffer {
  const text = bytes.toString('utf8');
  if (!Buffer.from(text).equals(bytes)) return policy === 'keep' ? bytes : Buffer.alloc(bytes.length);
  return Buffer.from(editText(text, edits));
}

function cutLike(chunks: RecordedAnswer['chunks'], bytes: Buffer): RecordedAnswer['chunks'] {
  let at = 0;
  return chunks.map((chunk) => {
    const { length } = readBytes(chunk);
    at += length;
    return { ms: chunk.ms, ...writeBytes(bytes.subarray(at - length, at)) };
  });
}

function mapValues(value: string | readonly string[], change: (text: string) => string): string | readonly string[] {
  return typeof value === 'string' ? change(value) : value.map(change);
}

/** A letter of as many bytes in UTF-8, so that what was cut into chunks stays cut where it was. */
const letters = ['', 'x', 'ø', '字', '𠀀'];
const surrogate = { high: '\\ud840', low: '\\udc00' };

/** Text with each letter in place of another one and each digit nought; `\u` escapes of JSON are letters too. */
function maskLetters(text: string): string {
  const address = /^https?:(?:\/\/|\\\/\\\/)/.exec(text)?.[0] ?? '';
  return address + text.slice(address.length).replace(/\\u[\da-fA-F]{4}|\\.|\p{L}|\p{M}|\p{N}/gsu, maskOne);
}

function maskOne(one: string): string {
  if (one.startsWith('\\u')) return maskEscape(one);
  if (one.startsWith('\\')) return one;
  if (/\d/.test(one)) return '0';
  const length = Buffer.byteLength(one);
  if (length > 1) return letters[length] ?? one;
  return one === one.toUpperCase() ? 'X' : 'x';
}

function maskEscape(escape: string): string {
  const unit = Number.parseInt(escape.slice(2), 16);
  if (unit >= 0xd800 && unit < 0xdc00) return surrogate.high;
  if (unit >= 0xdc00 && unit < 0xe000) return surrogate.low;
  return /[\p{L}\p{M}\p{N}]/u.test(String.fromCharCode(unit)) ? '\\u0078' : escape;
}
