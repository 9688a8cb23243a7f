import type { Backend } from '../backends/backend.ts';
import { itemFields } from '../backends/capabilities.ts';
import type { Item, Loss, Reply, Turn } from '../canonical/index.ts';
import { type CarriedField, carriesOf, type Dialect, type DialectName } from '../dialects/dialect.ts';

type Carries = ReadonlySet<CarriedField>;

/** What the gateway gives where a wire has no place for it, and what a route decides: nothing of it is ever lost. */
const supplied: ReadonlySet<CarriedField> = new Set<CarriedField>([
  'delivery',
  'agent',
  'conversationId',
  'clientMessageId',
  'continuation',
  'output.id',
  'output.conversationId',
  'output.createdAt',
  'output.finishReason',
]);

/** What of a reply there is to say. */
const ofReply: readonly CarriedField[] = [
  'output.text',
  'output.items',
  'output.suggestions',
  'output.model',
  'output.usage',
  'output.calls',
  ...itemFields,
];

const isOfReply = (field: CarriedField) => field.startsWith('output.') || field.startsWith('item.');

/**
 * What clients of a dialect can say that a backend cannot use, and what the backend can give that the dialect cannot say. A backend
 * that does not tell what it carries carries all.
 */
export function lossBetween(dialect: Carries, backend: Carries | undefined): Loss {
  const given = backend === undefined ? ofReply : ofReply.filter((field) => backend.has(field));
  // Where there is no place for items, there is none for what they say.
  const isTold = (field: CarriedField) => !field.startsWith('item.') || dialect.has('output.items');
  return {
    turn: [...dialect].filter((field) => !isOfReply(field) && !supplied.has(field) && backend?.has(field) === false),
    reply: given.filter((field) => !dialect.has(field) && isTold(field)),
  };
}

const isSaid = (value: unknown): boolean => {
  if (value === undefined || value === '') return false;
  return typeof value !== 'object' || value === null || Object.keys(value).length > 0;
};

/** Counts what gets lost, while it does. */
export interface LossCounter {
  turn(dialect: DialectName, backend: Backend, turn: Turn): void;
  reply(dialect: DialectName, backend: Backend, reply: Reply): void;
  /** An image that the backend is not told. */
  image(dialect: DialectName, backend: Backend): void;
}

/** `count` is told how many fields got lost on the way from a dialect to a backend, or back. */
export function createLossCounter(
  dialects: readonly Dialect[],
  count: (from: string, to: string, fields: number) => void,
): LossCounter {
  const carried = new Map(dialects.map((dialect) => [dialect.name, carriesOf(dialect)]));
  const known = new WeakMap<Backend, Map<DialectName, Loss>>();
  const lossOf = (dialect: DialectName, backend: Backend): Loss => {
    const ofBackend = known.get(backend) ?? new Map<DialectName, Loss>();
    known.set(backend, ofBackend);
    const loss = ofBackend.get(dialect) ?? lossBetween(carried.get(dialect) ?? new Set(), backend.carries);
    ofBackend.set(dialect, loss);
    return loss;
  };
  return {
    turn(dialect, backend, turn) {
      const fields = lostOfTurn(lossOf(dialect, backend), turn);
      if (fields > 0) count(dialect, backend.name, fields);
    },
    image: (dialect, backend) => count(dialect, backend.name, 1),
    reply(dialect, backend, reply) {
      const fields = lostOfReply(lossOf(dialect, backend), reply);
      if (fields > 0) count(backend.name, dialect, fields);
    },
  };
}

function lostOfTurn({ turn: lost }: Loss, turn: Turn): number {
  return lost.filter((field) => isSaid(turn[field as keyof Turn])).length; // `Loss.turn` holds fields of turns alone
}

/** A field of the items counts once. */
function lostOfReply({ reply: lost }: Loss, reply: Reply): number {
  return lost.filter((field) => {
    // The names after the dot are those of a reply, and of its items.
    if (field.startsWith('output.')) return isSaid(reply[field.slice('output.'.length) as keyof Reply]);
    return reply.items.some((item) => isSaid(item[field.slice('item.'.length) as keyof Item]));
  }).length;
}
