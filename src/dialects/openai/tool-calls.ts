import { GatewayError } from '../../errors/index.ts';
import { parseJson } from '../json.ts';

/** Nobody looks up more at once, and no search is longer. Our choice. */
const maxCalls = 32;
const maxCharacters = 32_768;

/** A piece of a call. The first one of a call has its name; the others add to its arguments. */
export interface CallPiece {
  /** Which call it belongs to; without it, the one of its id, or the one that came last. */
  readonly index?: number | undefined;
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly text?: string | undefined;
  /** What the vendor says of it beside that, and wants to hear again. */
  readonly own?: object | undefined;
}

/** A call that is put together. */
export interface CollectedCall {
  readonly id: string;
  readonly name: string;
  /** JSON text as the model wrote it, or what the model takes for it. */
  readonly arguments: string;
  readonly own?: object;
}

/** Puts calls together of which a stream brings pieces. */
export interface CallCollector {
  /** Throws `upstream-protocol` where calls are more or longer than any model means. */
  add(piece: CallPiece): void;
  /** The calls as they are now. */
  calls(): readonly CollectedCall[];
}

interface GrowingCall {
  readonly index: number | undefined;
  /** As the server told it. */
  told: string | undefined;
  readonly place: number;
  name: string;
  text: string;
  own: object | undefined;
}

/** A collector for one answer. */
export function createCallCollector(): CallCollector {
  const growing: GrowingCall[] = [];
  const begin = ({ index, id }: CallPiece): GrowingCall => {
    if (growing.length === maxCalls) throw tooMuch(`more than ${maxCalls} calls`);
    const call = { index, told: id, place: growing.length, name: '', text: '', own: undefined };
    growing.push(call);
    return call;
  };
  return {
    add(piece) {
      const known = callOf(growing, piece);
      const call = known === undefined || isAnother(piece, known) ? begin(piece) : known;
      call.told ??= piece.id;
      call.name ||= piece.name ?? '';
      // Some servers tell a whole call once more at its end.
      if (piece.text !== call.text || !isWhole(call.text)) call.text += piece.text ?? '';
      if (piece.own !== undefined) call.own = { ...call.own, ...piece.own };
      if (call.text.length > maxCharacters) throw tooMuch(`a call of more than ${maxCharacters} characters`);
    },
    calls: () =>
      growing.map(({ told, place, name, text, own }) => ({
        id: told ?? `call_${place}`,
        name,
        arguments: text,
        ...(own !== undefined && { own }),
      })),
  };
}

function callOf(growing: readonly GrowingCall[], { index, id }: CallPiece): GrowingCall | undefined {
  if (index !== undefined) return growing.findLast((call) => call.index === index);
  const named = id === undefined ? undefined : growing.findLast((call) => call.told === id);
  return named ?? growing.at(-1);
}

/**
 * Whether a piece begins a call, and does not go on with the one that its place says. Some servers number every call 0, or none, and
 * some change the id in the middle of a call, or repeat the name: a new call has a name and an id of its own, or no id and a name
 * beside arguments that were whole.
 */
function isAnother({ index, id, name }: CallPiece, known: GrowingCall): boolean {
  const isOtherId = id !== undefined && known.told !== undefined && id !== known.told;
  if (name === undefined) return isOtherId && index === undefined;
  if (known.name === '') return isOtherId && known.text !== '';
  return isOtherId || (id === undefined && isWhole(known.text));
}

const isWhole = (text: string): boolean => typeof parseJson(text) === 'object';

const tooMuch = (what: string) => new GatewayError('upstream-protocol', `The model makes ${what}`);
