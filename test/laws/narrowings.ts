import type {
  ClientMessage,
  Continuation,
  Conversation,
  Item,
  Json,
  JsonObject,
  Message,
  ModelParameters,
  OperationName,
  PageRequest,
  Participant,
  Usage,
} from '../../src/canonical/index.ts';
import type { DialectName } from '../../src/dialects/dialect.ts';

/**
 * A field that a wire carries in part: what comes back is not what went in, but what `keep` leaves of it. Gaps are data with a
 * reason; a field that a dialect does not carry at all is not here, but absent from the endpoint's `carries`.
 */
export interface Narrowing {
  readonly dialect: DialectName;
  readonly operation?: OperationName;
  /** The name of the endpoint, where the operation has several. */
  readonly base?: string;
  /** As in `carries`. */
  readonly field: string;
  readonly reason: string;
  /** Of a list: what is made up for what its entries do not show is nobody's business, so that it is left out of both sides. */
  readonly madeUp?: 'left-out';
  // A method, and so bivariant: what stands in a field is the business of its own narrowing.
  keep(value: unknown): unknown;
}

const only = <T extends object>(value: T, ...keys: readonly (keyof T)[]): Partial<T> =>
  Object.fromEntries(Object.entries(value).filter(([key]) => keys.some((kept) => kept === key))) as Partial<T>; // of its keys

const user = ({ userId, sessionId }: Participant) => ({ userId: userId ?? sessionId });

const numeric = (price: string | undefined) => (price === undefined ? undefined : String(Number(price)));

const homieItem = ({ attributes: _attributes, status: _status, ...item }: Item) => ({
  ...item,
  price: numeric(item.price),
});

const answeredBy = (role: Message['role']) => (role === 'operator' ? 'assistant' : role);

const chat = (fields: readonly (keyof Conversation)[]) => (entries: readonly Conversation[]) =>
  entries.map((entry) => ({ ...only(entry, ...fields), participant: user(entry.participant) }));

function widgetMessages(messages: readonly Message[]): readonly Partial<Message>[] {
  return messages.map(({ role, ...message }) => ({
    ...only(message, 'sequence', 'conversationId', 'text', 'createdAt', 'attachments'),
    role: role === 'system' ? 'assistant' : role,
  }));
}

function ownParameters(parameters: Json | undefined): object | undefined {
  const { stream_options: _usage, ...rest } = Object(parameters) as JsonObject; // none are none
  return Object.keys(rest).length === 0 ? undefined : rest;
}

/** Everything that a dialect carries in part. */
export const narrowings: readonly Narrowing[] = [
  {
    dialect: 'agent-slug',
    field: 'participant',
    reason: 'x-user-identifier names an account; a session has no place',
    keep: (who: Participant) => only(who, 'userId'),
  },
  {
    dialect: 'agent-slug',
    field: 'output.model',
    reason: 'metadata.model is always there',
    keep: (model: string | undefined) => model ?? '',
  },
  {
    dialect: 'agent-slug',
    field: 'output.usage',
    reason: 'metadata.tokens is the total, and always there',
    keep: (usage: Usage | undefined) => ({ totalTokens: usage?.totalTokens ?? 0 }),
  },

  {
    dialect: 'homie',
    field: 'participant',
    reason: 'a chat belongs to a userId; a session has no place',
    keep: (who: Participant) => only(who, 'userId'),
  },
  {
    dialect: 'homie',
    field: 'output.participant',
    reason: 'userId is always there; a session has no place',
    keep: ({ userId }: Participant) => ({ userId: userId ?? '' }),
  },
  {
    dialect: 'homie',
    field: 'page',
    reason: 'always oldest first',
    keep: (page: PageRequest) => ({ ...page, order: 'ascending' }),
  },
  {
    dialect: 'homie',
    field: 'item.price',
    reason: 'a JSON number: 59.90 is 59.9',
    keep: numeric,
  },
  {
    dialect: 'homie',
    field: 'output.entries',
    madeUp: 'left-out',
    reason: 'the wire counts no messages, shows no attachments, and knows no operators',
    keep: (entries: readonly Message[]) =>
      entries.map(({ items, role, sequence: _sequence, attachments: _attachments, ...message }) => ({
        ...message,
        role: answeredBy(role),
        items: items.map(homieItem),
      })),
  },

  {
    dialect: 'item-discovery',
    field: 'itemLimit',
    reason: 'without a limit there are 4',
    keep: (limit: number | undefined) => limit ?? 4,
  },
  {
    dialect: 'item-discovery',
    field: 'item.status',
    reason: 'status is always there',
    keep: (status: string | undefined) => status ?? 'active',
  },

  {
    dialect: 'openai',
    field: 'participant',
    reason: 'user names an account; a session has no place',
    keep: (who: Participant) => only(who, 'userId'),
  },
  {
    dialect: 'openai',
    field: 'history',
    reason: 'a history without messages is none',
    keep: (history: readonly ClientMessage[] | undefined) => (history?.length === 0 ? undefined : history),
  },
  {
    dialect: 'openai',
    field: 'extra',
    madeUp: 'left-out',
    reason: 'what another dialect says is not sent on as parameters; a stream always asks for its usage',
    keep: (extra: JsonObject | undefined) => ownParameters(extra?.['openai']),
  },
  {
    dialect: 'openai',
    base: 'create-response',
    field: 'parameters',
    reason: 'a response has no stop',
    keep: ({ stop: _, ...parameters }: ModelParameters = {}) =>
      Object.keys(parameters).length === 0 ? undefined : parameters,
  },
  {
    dialect: 'openai',
    base: 'create-response',
    field: 'continuation',
    reason: 'what is not said of it is that it is kept',
    keep: (continuation: Continuation | undefined) => continuation ?? { keeps: true },
  },
  {
    dialect: 'openai',
    base: 'create-response',
    field: 'output.usage',
    reason: 'usage is always there, and whole, with the parts of its counts',
    keep: (usage: Usage | undefined) => ({
      inputTokens: 0,
      outputTokens: 0,
      totalTokens: 0,
      cachedTokens: 0,
      reasoningTokens: 0,
      ...usage,
    }),
  },
  {
    dialect: 'openai',
    field: 'output.usage',
    reason: 'usage is always there, and whole',
    keep: (usage: Usage | undefined) => ({ inputTokens: 0, outputTokens: 0, totalTokens: 0, ...usage }),
  },

  ...(['participant', 'output.participant'] as const).map((field) => ({
    dialect: 'tenant-chats' as const,
    field,
    reason: 'a chat belongs to a user_id: a visitor with a session only is a user of that name',
    keep: user,
  })),
  {
    dialect: 'tenant-chats',
    operation: 'list-conversations',
    field: 'output.entries',
    madeUp: 'left-out',
    reason: 'a chat in a list has no status, and never agent, mode, block and what the store keeps for itself',
    keep: chat(['id', 'tenantId', 'title', 'metadata', 'createdAt', 'updatedAt', 'lastMessageAt', 'messageCount']),
  },
  {
    dialect: 'tenant-chats',
    operation: 'list-messages',
    field: 'output.entries',
    madeUp: 'left-out',
    reason: 'the wire counts no messages and shows no items and suggestions; metadata is always there',
    keep: (entries: readonly Message[]) =>
      entries.map((message) => ({
        ...only(message, 'id', 'conversationId', 'text', 'createdAt', 'status', 'role', 'attachments'),
      })),
  },

  {
    dialect: 'widget',
    field: 'participant',
    reason: 'a site knows sessions: a visitor with an account only gets a session of that name',
    keep: ({ userId, sessionId }: Participant) => ({ sessionId: sessionId ?? userId }),
  },
  {
    dialect: 'widget',
    field: 'page',
    reason: 'always the newest',
    keep: (page: PageRequest) => ({ ...page, order: 'descending' }),
  },
  {
    dialect: 'widget',
    field: 'output.entries',
    madeUp: 'left-out',
    reason: 'oldest first; a message is its number, role, text, time and image; no role for the system',
    keep: (messages: readonly Message[]) =>
      widgetMessages(messages.toSorted((one, other) => one.sequence - other.sequence)),
  },
  {
    dialect: 'widget',
    field: 'output.messages',
    madeUp: 'left-out',
    reason: 'a message is its number, role, text, time and image; no role for the system',
    keep: widgetMessages,
  },
];

/** The dialects whose times are on the second: the widget's vendor prints no fraction, OpenAI counts seconds. */
export const wholeSeconds: ReadonlySet<DialectName> = new Set<DialectName>(['widget', 'openai']);

/** The dialects whose failed streams stop without the end that whole ones have: their clients take it for a success. */
export const failuresWithoutEnd: ReadonlySet<DialectName> = new Set<DialectName>(['openai']);

/** Fields of the answer that a dialect's document carries and its stream does not. */
export const streamGaps: readonly { readonly dialect: DialectName; readonly field: string; readonly reason: string }[] =
  [
    { dialect: 'agent-slug', field: 'output.model', reason: 'a frame holds its chunk alone' },
    { dialect: 'agent-slug', field: 'output.usage', reason: 'a frame holds its chunk alone' },
    { dialect: 'openai', field: 'output.usage', reason: 'a count that nobody made is nought' },
    { dialect: 'openai', field: 'output.createdAt', reason: 'on the second' },
  ];
