import type { Awaitable } from '../../async/awaitable.ts';
import type { JsonObject, Message, Participant, Turn } from '../../canonical/index.ts';
import type { AnswerContext } from '../backend.ts';
import type { TranscriptEntry, UsedTool } from '../transcript.ts';
import type { Recalled } from './history.ts';
import type { ModelMessage, ToolCall, ToolResult } from './model.ts';

/** No more than this is kept with a reply, in characters of JSON: beyond it the client's own messages have to do. Our choice. */
const maxCharacters = 262_144;

/** So many rounds of the client's tools are looked up for one turn, the newest. Our choice. */
const maxRecalled = 32;

/** What is recalled for one turn together, in characters of JSON: beyond it the client's own messages have to do. Our choice. */
const maxRecalledCharacters = 1_000_000;

type Assistant = Extract<ModelMessage, { role: 'assistant' }>;

/** The answer that calls the client's tools, and all that has led to it. */
export interface Round {
  /** Our own lookups of the reply before it, with what they gave. */
  readonly lookups: readonly ModelMessage[];
  /** With the calls of the client's tools and of ours, those that are run. */
  readonly answer: Assistant;
  /** What our own tools gave in it. */
  readonly results: readonly ToolResult[];
  /** The calls of the client's tools. */
  readonly handedOut: readonly ToolCall[];
}

/** Calls as the client sees them, and what is kept to go on from there. */
export interface HandedOut {
  readonly calls: readonly Pick<ToolCall, 'id' | 'name' | 'arguments'>[];
  readonly workings?: JsonObject;
}

export interface Place {
  /** The backend's name: what one vendor says is nothing to another. */
  readonly backend: string;
  readonly conversationId: string;
  readonly replyId: string;
}

/**
 * What a client is told of a round. Where the vendor has to hear more again than the client can say (its reasoning, our lookups), that is
 * kept with the reply, and the ids of the calls lead to it, whatever process and conversation they come back to.
 */
export function handOut(round: Round, place: Place): HandedOut {
  const plain = ({ id, name, arguments: given }: ToolCall) => ({ id, name, arguments: given });
  const kept = isPlain(round) ? undefined : keep(round, place.backend);
  if (kept === undefined) return { calls: round.handedOut.map(plain) };
  const { calls } = round.answer;
  return {
    calls: round.handedOut.map((call) => ({ ...plain(call), id: ownId(place, calls.indexOf(call)) })),
    workings: kept,
  };
}

/** Whether the client's own messages say all of it. Ids that the vendor did not give are the same in every answer: they tell nothing apart. */
const isPlain = ({ lookups, answer, results, handedOut }: Round): boolean =>
  lookups.length + results.length === 0 &&
  answer.own === undefined &&
  handedOut.every(({ id, own }) => own === undefined && !/^call_(?:text_)?\d+$/.test(id));

function keep({ lookups, answer, results }: Round, backend: string): JsonObject | undefined {
  const text = JSON.stringify({ backend, lookups, answer, results });
  return text.length > maxCharacters ? undefined : (JSON.parse(text) as JsonObject); // it was an object
}

/** As long as the vendors take it, which is 40 characters. */
function ownId({ conversationId, replyId }: Place, index: number): string {
  const packed = Buffer.from(conversationId.replaceAll('-', '') + replyId.slice(0, 8), 'hex');
  return `call_${packed.toString('base64url')}_${index}`;
}

const ownIdShape = /^call_([\w-]{27})_(\d{1,2})$/;

/** The conversation of the reply, and the place of the call in it; `undefined` for an id of a vendor's. */
function readOwnId(id: string): { readonly conversationId: string; readonly index: number } | undefined {
  const [, packed, index] = ownIdShape.exec(id) ?? [];
  if (packed === undefined) return undefined;
  const hex = Buffer.from(packed, 'base64url').toString('hex');
  const conversationId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
  return { conversationId, index: Number(index) };
}

/** As `keep` writes it. */
type Kept = Pick<Round, 'lookups' | 'answer' | 'results'> & { readonly backend: string };

const nothing: Recalled = new Map();

/** What is told in place of the rounds of the client's tools of which more is known than the client can say; at once where there are none. */
export function recall(
  said: readonly TranscriptEntry[],
  asking: { readonly backend: string; readonly turn: Turn; readonly context: AnswerContext },
): Awaitable<Recalled> {
  return said.some(({ used }) => used !== undefined) ? recallRounds(said, asking) : nothing;
}

/** The newest first, each looked up once, and one after the other: what is beyond the bound is not read. */
async function recallRounds(
  said: readonly TranscriptEntry[],
  { backend, turn, context }: { readonly backend: string; readonly turn: Turn; readonly context: AnswerContext },
): Promise<Recalled> {
  const find = createFinder(context, turn.participant);
  const recalled = new Map<string, readonly ModelMessage[]>();
  let room = maxRecalledCharacters;
  for (const { id, used, times, conversationId } of newestRounds(said)) {
    const reply = await find(id, conversationId);
    // What stands there is what `keep` has written.
    const kept = reply?.workings as unknown as Kept | undefined;
    if (kept?.backend !== backend) continue;
    room -= JSON.stringify(kept).length * times;
    if (room < 0) break;
    recalled.set(id, repeated(kept, used));
  }
  return recalled;
}

interface CalledRound {
  readonly id: string;
  readonly used: readonly UsedTool[];
  /** How often the client tells it: so often is it told to the model. */
  readonly times: number;
  readonly conversationId: string;
}

/** The rounds whose ids are ours, as they were told last, the newest first. */
function newestRounds(said: readonly TranscriptEntry[]): readonly CalledRound[] {
  const rounds = new Map<string, CalledRound>();
  for (const { used = [] } of said.toReversed()) {
    const id = used[0]?.call.id ?? '';
    const place = readOwnId(id);
    if (place === undefined) continue;
    const known = rounds.get(id);
    if (known !== undefined) rounds.set(id, { ...known, times: known.times + 1 });
    else if (rounds.size < maxRecalled) rounds.set(id, { id, used, times: 1, conversationId: place.conversationId });
  }
  return [...rounds.values()];
}

/** Finds the replies that made calls. Rounds that follow each other are of one conversation mostly: it is read once, and one alone is held at a time. */
function createFinder({ conversation, history, transcript }: AnswerContext, participant: Participant) {
  let read: { readonly of: string; readonly messages: readonly Message[] } | undefined;
  return async (callId: string, of: string): Promise<Message | undefined> => {
    if (read?.of !== of) {
      const messages = await (of === conversation.id ? history() : transcript(of, participant));
      read = { of, messages };
    }
    return read.messages.findLast(({ calls = [] }) => calls.some(({ id }) => id === callId));
  };
}

/** The round as it was, with the results that the client brings under the vendor's ids. */
function repeated({ lookups, answer, results }: Kept, used: readonly UsedTool[]): readonly ModelMessage[] {
  const brought = new Map(
    used.flatMap(({ call, result }) => {
      const vendors = answer.calls[readOwnId(call.id)?.index ?? -1];
      return vendors === undefined ? [] : [[vendors.id, { callId: vendors.id, content: result, failed: false }]];
    }),
  );
  for (const result of results) brought.set(result.callId, result);
  const calls = answer.calls.filter(({ id }) => brought.has(id));
  return [
    ...lookups,
    { ...answer, calls },
    { role: 'tools', results: calls.flatMap(({ id }) => brought.get(id) ?? []) },
  ];
}
