import { defined, type Takable } from '../canonical/index.ts';
import type { CarriedField } from '../dialects/dialect.ts';
import type { Backend, Forward, ForwardedOperation } from './backend.ts';

/**
 * What every one of several backends carries and takes: which of them answers is known only when it has, and no more than this is sure
 * to get through. Absent where all of them do with all.
 */
export function carriedByAll(parts: readonly Pick<Backend, 'carries' | 'takes'>[]): Pick<Backend, 'carries' | 'takes'> {
  const carries = inAll(parts.map((part) => part.carries));
  const takes = inAll(parts.map((part) => part.takes && withSchemas(part.takes)));
  return { ...(carries && { carries }), ...(takes && { takes }) };
}

/** Who can give an answer any form can give it one by its schema. */
const withSchemas = (takes: ReadonlySet<Takable>): ReadonlySet<Takable> =>
  takes.has('responseFormat') ? new Set([...takes, 'jsonSchema']) : takes;

function inAll<T>(sets: readonly (ReadonlySet<T> | undefined)[]): ReadonlySet<T> | undefined {
  const [first, ...rest] = sets.filter((set) => set !== undefined);
  return first && new Set([...first].filter((entry) => rest.every((set) => set.has(entry))));
}

/** Who takes each operation, where anybody does; `undefined` if nobody takes any. */
export function forwardsBy(
  find: <N extends ForwardedOperation>(operation: N) => Forward<N> | undefined,
): Backend['forwards'] {
  const forwards = defined({
    'save-contact': find('save-contact'),
    'rate-conversation': find('rate-conversation'),
  } satisfies { [N in ForwardedOperation]: Forward<N> | undefined });
  return Object.keys(forwards).length === 0 ? undefined : forwards;
}

/** Everything that an item can say, as a catalogue's items do. */
export const itemFields: readonly CarriedField[] = [
  'item.id',
  'item.title',
  'item.brand',
  'item.description',
  'item.url',
  'item.imageUrl',
  'item.price',
  'item.priceNote',
  'item.currency',
  'item.status',
  'item.availability',
  'item.quantity',
  'item.category',
  'item.attributes',
  'item.location',
  'item.flags',
  'item.recommendation',
  'item.query',
];
