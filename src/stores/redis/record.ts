import type { LRUCache } from 'lru-cache';
import { type Conversation, isUuid } from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';
import type { ConversationChange, NewConversation, PublicId } from '../store.ts';
import type { Connection } from './connection.ts';
import type { Keys } from './keys.ts';

/** What every step works with. */
export interface RedisContext extends Pick<Connection, 'run' | 'ask'> {
  readonly keys: Keys;
  /** How long a conversation lives without a change; 0 for ever. */
  readonly retentionMs: number;
  /** How many messages a conversation keeps. */
  readonly maxMessages: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Whose a public id's row was found to be: a guess, which its conversation's record confirms. */
  readonly found: LRUCache<string, string>;
  /** Told whether a conversation is followed, each time that something was stored in it. */
  readonly noteFollowed: (id: string, isFollowed: boolean) => void;
}

/** What a record is begun with. */
export type Begun = Omit<NewConversation['conversation'], 'signedUser'> & Pick<Conversation, 'publicIds'>;

/** In which other rows a conversation stands. */
export interface IndexEntries {
  readonly tenantId: string;
  readonly userId?: string;
  readonly createdAt: string;
  readonly publicIds: readonly PublicId[];
}

export const notFound = (id: string): GatewayError =>
  new GatewayError('not-found', 'Conversation not found', { subject: { kind: 'conversation', id } });

/** The rows of a conversation that may be there. Throws `not-found` for what is no id at all. */
export function rowsOf({ keys }: Pick<RedisContext, 'keys'>, id: string) {
  if (!isUuid(id)) throw notFound(id);
  return keys.conversation(id);
}

/** What a script found; throws `not-found` where it found no conversation. */
export function found<T>(reply: T | null, id: string): T {
  if (reply === null) throw notFound(id);
  return reply;
}

export async function readConversation({ ask, keys }: RedisContext, id: string): Promise<Conversation | undefined> {
  if (!isUuid(id)) return undefined;
  const [record] = keys.conversation(id);
  return decodeRecord(Object.entries(await ask((client) => client.hgetall(record))));
}

/** Fields that are merged into what is there: each of their own fields is a row's field. */
const merged: ReadonlySet<string> = new Set(['contact', 'rating', 'remoteIds'] satisfies (keyof ConversationChange)[]);

type Path = readonly [field: string, within?: string];

/** The paths and values of a change, in turn. */
export function encodeChange(change: Omit<ConversationChange, 'collectedSequence' | 'signedUser'>): readonly string[] {
  const pair = (value: unknown, ...path: Path) =>
    value === undefined ? [] : [JSON.stringify(path), JSON.stringify(value)];
  return Object.entries(change).flatMap(([field, value]: [string, unknown]) =>
    merged.has(field)
      ? Object.entries(value ?? {}).flatMap(([within, part]) => pair(part, field, within))
      : pair(value, field),
  );
}

/** See `Store`. */
export async function changeConversation(
  engine: RedisContext,
  id: string,
  { collectedSequence = 0, signedUser = '', ...change }: ConversationChange,
): Promise<Conversation> {
  const values = [engine.retentionMs, collectedSequence, signedUser, ...encodeChange(change)];
  const fields = found(await engine.run('changeRecord', rowsOf(engine, id), ...values), id);
  return found(decodeFields(fields) ?? null, id);
}

/** A conversation from what `HGETALL` gives a script. */
export function decodeFields(fields: readonly string[]): Conversation | undefined {
  const pairs = Array.from({ length: fields.length / 2 }, (_, index) => fields.slice(index * 2, index * 2 + 2));
  return decodeRecord(pairs.map(([name = '', text = '']) => [name, text]));
}

/** A conversation from the fields of its record; `undefined` where there is none. Changes stand beside what it was begun with. */
export function decodeRecord(fields: readonly (readonly [name: string, text: string])[]): Conversation | undefined {
  const counts = new Map(fields.filter(([name]) => !name.startsWith('[')));
  const text = counts.get('begun');
  if (text === undefined) return undefined;
  const begun = JSON.parse(text) as Begun; // what `openRecord` put there
  const signedUser = counts.get('signed');
  const changed: Record<string, unknown> = {};
  for (const { path, value } of decodeChanges(fields)) {
    const [field, within] = path;
    const before = changed[field] ?? begun[field as keyof Begun]; // a name that is none of its own has no value
    changed[field] =
      within === undefined ? value : Object.fromEntries([...Object.entries(before ?? {}), [within, value]]);
  }
  return {
    updatedAt: begun.createdAt,
    remoteIds: {},
    messageCount: Number(counts.get('count')),
    collectedSequence: Number(counts.get('collected')),
    ...begun,
    ...(changed as Partial<Conversation>), // what `encodeChange` and the scripts made of a conversation's own fields
    ...(signedUser !== undefined && { signedUser }),
  };
}

/** In the order in which they were first made, which Redis does not keep. */
function decodeChanges(fields: readonly (readonly [name: string, text: string])[]) {
  return fields
    .filter(([name]) => name.startsWith('['))
    .map(([name, text]) => {
      const border = text.indexOf(' ');
      const path = JSON.parse(name) as Path; // what `encodeChange` made
      return { place: Number(text.slice(0, border)), path, value: JSON.parse(text.slice(border + 1)) as unknown };
    })
    .sort((one, other) => one.place - other.place);
}
