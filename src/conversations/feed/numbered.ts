import type { Message } from '../../canonical/index.ts';

type Numbered = Pick<Message, 'id' | 'sequence'>;

/** The latest messages that a listener knows, by their numbers: a store that is a copy may lose some, and give their numbers to others. */
export interface NumberedMessages {
  /** Whether the number of a message belonged to another one that is known. */
  isAnother(message: Numbered): boolean;
  /** A message is known from now on. What is known of the numbers after one that was given again counts no more. */
  add(message: Numbered): void;
  /** The least of the numbers that are known; `undefined` if none is. */
  readonly least: number | undefined;
}

/** So many are remembered. Beyond that a number stands for its message. */
const most = 32;

export function createNumberedMessages(known: readonly Numbered[] = []): NumberedMessages {
  const ids = new Map<number, string>();
  const isAnother = ({ id, sequence }: Numbered): boolean => (ids.get(sequence) ?? id) !== id;
  const add = (message: Numbered): void => {
    const { id, sequence } = message;
    if (sequence === 0) return; // it is not stored
    if (isAnother(message)) for (const number of ids.keys()) if (number >= sequence) ids.delete(number);
    ids.set(sequence, id);
    if (ids.size > most) ids.delete(Math.min(...ids.keys()));
  };
  known.forEach(add);
  return {
    isAnother,
    add,
    get least() {
      return ids.size === 0 ? undefined : Math.min(...ids.keys());
    },
  };
}
