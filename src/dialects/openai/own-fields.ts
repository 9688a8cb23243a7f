import { GatewayError } from '../../errors/index.ts';
import { fieldsOf } from '../json.ts';

/** No reasoning that a vendor wants to hear again is longer, in characters. Our choice. */
const maxCharacters = 4_000_000;

/** Puts together what a vendor says in pieces, field by field, without knowing what it is. */
export interface OwnFields {
  /** Throws `upstream-protocol` where it is more than any vendor means. */
  add(piece: unknown): void;
  /** What was put together; `undefined` if there is nothing. */
  whole(): object | undefined;
}

/** Gathers all fields but these. */
export function createOwnFields(others: readonly string[]): OwnFields {
  const left = new Set(others);
  let pieces: Record<string, unknown[]> | undefined;
  let characters = 0;
  return {
    add(piece) {
      for (const [name, value] of Object.entries(fieldsOf(piece))) {
        if (left.has(name) || value === null || value === undefined) continue;
        // An empty text is repeated as it came, and adds nothing to another.
        if (value === '' && pieces?.[name] !== undefined) continue;
        characters += typeof value === 'string' ? value.length : JSON.stringify(value).length;
        if (characters > maxCharacters) throw new GatewayError('upstream-protocol', 'The model reasons without end');
        pieces ??= Object.create(null) as Record<string, unknown[]>; // no name of a vendor's is one of ours
        (pieces[name] ??= []).push(value);
      }
    },
    whole: () => pieces && Object.fromEntries(Object.entries(pieces).map(([name, values]) => [name, joined(values)])),
  };
}

/** Text goes on as text, lists as lists, in which pieces of one place are one; of anything else the last is told. */
function joined(values: readonly unknown[]): unknown {
  if (values.every((value) => typeof value === 'string')) return values.join('');
  if (values.every(Array.isArray)) return joinedLists(values.flat());
  if (values.every((value) => typeof value === 'object')) return Object.assign({}, ...values);
  return values.at(-1);
}

function joinedLists(entries: readonly unknown[]): readonly unknown[] {
  const known = new Map<unknown, Record<string, unknown>>();
  return entries.flatMap((entry) => {
    const fields = fieldsOf(entry);
    const place = fields['index'];
    const first = place === undefined ? undefined : known.get(place);
    if (first === undefined) {
      const begun = typeof entry === 'object' && entry !== null && !Array.isArray(entry) ? { ...entry } : undefined;
      if (begun === undefined) return [entry];
      if (place !== undefined) known.set(place, begun);
      return [begun];
    }
    for (const [name, value] of Object.entries(fields)) first[name] = grown(first[name], value, name);
    return [];
  });
}

/** Names of kinds are told with each piece; all other text goes on. */
function grown(known: unknown, value: unknown, name: string): unknown {
  if (value === null || value === undefined) return known;
  return typeof known === 'string' && typeof value === 'string' && !kinds.has(name) ? known + value : value;
}

const kinds: ReadonlySet<string> = new Set(['type', 'format', 'id', 'index']);
