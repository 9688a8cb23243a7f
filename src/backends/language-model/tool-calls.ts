import { GatewayError } from '../../errors/index.ts';
import type { ModelEvent } from './model.ts';

/** Nobody looks up more at once, and no search is longer. Our choice. */
const maxCalls = 32;
const maxCharacters = 32_768;

/** A piece of a call. The first one of a call has its name; the others add to its arguments. */
export interface CallPiece {
  /** Which call it belongs to; without it, the one that came last. */
  readonly index?: number | undefined;
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly text?: string | undefined;
}

/** Puts calls together of which a stream brings pieces. */
export interface CallCollector {
  /** Throws `upstream-protocol` where calls are more or longer than any model means. */
  add(piece: CallPiece): void;
  /** The calls as they are now. */
  calls(): readonly ModelEvent[];
}

interface GrowingCall {
  readonly index: number | undefined;
  readonly id: string;
  name: string;
  text: string;
}

/** A collector for one answer. */
export function createCallCollector(): CallCollector {
  const growing: GrowingCall[] = [];
  const begin = ({ index, id }: CallPiece): GrowingCall => {
    if (growing.length === maxCalls) throw tooMuch(`more than ${maxCalls} calls`);
    const call = { index, id: id ?? `call_${growing.length}`, name: '', text: '' };
    growing.push(call);
    return call;
  };
  return {
    add(piece) {
      const { index, id, name, text } = piece;
      const known = growing.findLast((call) => index === undefined || call.index === index);
      // Some servers number every call 0, and tell calls apart by their ids alone.
      const call = known === undefined || (id !== undefined && id !== known.id) ? begin(piece) : known;
      call.name ||= name ?? '';
      call.text += text ?? '';
      if (call.text.length > maxCharacters) throw tooMuch(`a call of more than ${maxCharacters} characters`);
    },
    calls: () => growing.map(({ id, name, text }) => ({ type: 'tool-call', call: { id, name, arguments: text } })),
  };
}

const tooMuch = (what: string) => new GatewayError('upstream-protocol', `The model makes ${what}`);
