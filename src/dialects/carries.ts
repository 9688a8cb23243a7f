import type { Dialect, FieldOf } from './dialect.ts';

/** A field of a turn, of its reply (`output.…`), or of an item in the reply (`item.…`). */
export type CarriedField = FieldOf<'send-message'>;

/** What of a turn and its reply a dialect can say, over HTTP or over a socket. */
export function carriesOf({
  endpoints,
  sockets = [],
}: Pick<Dialect, 'endpoints' | 'sockets'>): ReadonlySet<CarriedField> {
  const lists = endpoints.flatMap((endpoint) => (endpoint.operation === 'send-message' ? [endpoint.carries] : []));
  return new Set([...lists, ...sockets.map(({ carries }) => carries)].flat());
}
