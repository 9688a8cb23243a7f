import { type Fields, fieldsOf, listIn, parseJson, textIn } from './json.ts';

/** Errors stand in each other as deep as this, and in lists of as many. Our choice: of what is beyond, vendors tell nothing. */
const maxDepth = 5;
const maxEntries = 16;

/** So much of what a vendor says is read, in characters. Our choice. */
const maxSaid = 4_000;
const maxDocument = 65_536;

/** Where errors have words, and further errors; what they quote of a request stands elsewhere, and is not theirs. */
const sayings = [
  'field',
  'message',
  'Message',
  'msg',
  'error_msg',
  'status_msg',
  'description',
  'issue',
  'detail',
  'details',
  'fieldViolations',
  'metadata',
  'raw',
  'innererror',
  'error',
  'errors',
] as const;

/** Where errors have names of their kinds, the most exact last. */
const kinds = ['__type', 'type', 'status', 'error_type', 'reason', 'status_code', 'code'] as const;

type ErrorField = 'loc' | (typeof sayings)[number] | (typeof kinds)[number];

/** The error that a document brings, if it brings one. Some servers put it into the document itself or a list, or leave an empty one beside an answer. */
export function errorIn(document: unknown): unknown {
  if (Array.isArray(document)) return errorIn(document[0]);
  const { error, errors, object, base_resp: outcome } = fieldsOf<'error' | 'errors' | 'object' | 'base_resp'>(document);
  if (object === 'error') return document;
  // Beside bare sentences stands what they are called.
  if (isFailure(error)) return typeof error === 'string' || Array.isArray(error) ? document : error;
  if (isFailure(outcome)) return outcome;
  return Array.isArray(errors) && errors.some(isFailure) ? document : undefined;
}

const successes: ReadonlySet<unknown> = new Set([0, '0', 200, '200', 'success', 'ok', 'OK']);

/** Whether it says anything but that all is well. */
function isFailure(value: unknown): boolean {
  const { code, status_code: status } = fieldsOf<'code' | 'status_code'>(value);
  return isSaid(value) && !successes.has(code ?? status);
}

/** Whether there is anything in it. */
function isSaid(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).some(isSaid);
  return value !== undefined && value !== null && value !== '' && value !== false && value !== 0;
}

/** The vendor's names for an error, the most exact last. */
export function namesOf(error: unknown): readonly string[] {
  return partsOf(error).flatMap((part) => {
    const named = typeof part.error === 'string' ? [...kinds, 'error' as const] : kinds;
    return named.flatMap((kind) => nameIn(part[kind]));
  });
}

const nameIn = (name: unknown): string | readonly [] =>
  typeof name === 'number' ? String(name) : (textIn(name) ?? []);

/** What a vendor says of an error, wherever it says it. */
export function messageOf(error: unknown): string {
  if (typeof error === 'string') return saidIn(error);
  return partsOf(error).toReversed().map(sentenceOf).filter(Boolean).join('; ').slice(0, maxSaid);
}

/** The words of one error, those of the errors in it apart; the place that it is about stands before them. */
function sentenceOf(part: Fields<ErrorField>): string {
  const place = listIn(part.loc).join('.');
  const words = sayings.flatMap((saying) => {
    const value = part[saying];
    return typeof value === 'string' ? saidIn(value) : listIn(value).flatMap((each) => textIn(each) ?? []);
  });
  return [place, words.filter((word) => word !== '').join('; ')].filter((each) => each !== '').join(' ');
}

/** A text that is JSON is read as what it holds: its words stand there. */
const saidIn = (text: string): string => (documentIn(text) === undefined ? text.slice(0, maxSaid) : '');

const documentIn = (text: string): unknown =>
  text.length <= maxDocument && /^\s*[[{]/.test(text) ? parseJson(text) : undefined;

/** An error and the errors in it, the innermost first. */
function partsOf(error: unknown, depth = 0): readonly Fields<ErrorField>[] {
  if (depth > maxDepth) return [];
  if (typeof error === 'string') return depth === 0 ? [{ error }] : partsOf(documentIn(error), depth);
  if (Array.isArray(error)) return error.slice(0, maxEntries).flatMap((each) => partsOf(each, depth + 1));
  if (typeof error !== 'object' || error === null) return [];
  const fields = fieldsOf<ErrorField>(error);
  return [...sayings.flatMap((saying) => partsOf(fields[saying], depth + 1)), fields];
}
