import { fieldsOf, parseJson } from '../../dialects/json.ts';
import { GatewayError } from '../../errors/index.ts';

/** No reasoning that is to be repeated is longer, in characters. Our choice. */
const maxCharacters = 4_000_000;

/** The blocks of one message as they came, to be repeated beside the results of its calls. */
export interface Blocks {
  begin(block: unknown, index: number | undefined): void;
  /** Throws `upstream-protocol` where it is more than any model means. */
  grow(delta: unknown, index: number | undefined): void;
  /** The input of tools that the vendor runs by itself comes in pieces of JSON. */
  whole(): readonly object[];
  /** Whether it calls one of our tools, or is not there. */
  isCall(index: number | undefined): boolean;
  /** Whether there is more to repeat than text and calls. */
  sayMore(): boolean;
}

interface Begun {
  readonly index: number | undefined;
  readonly block: Record<string, unknown>;
}

/** The blocks of one message, whatever kinds of them there are. */
export function createBlocks(): Blocks {
  const begun: Begun[] = [];
  let growing: Begun | undefined;
  let characters = 0;
  return {
    begin(block, index) {
      growing = { index, block: { ...fieldsOf(block) } };
      begun.push(growing);
    },
    grow(delta, index) {
      // Mostly the one before: pieces of blocks hardly ever come in turns.
      if (growing?.index !== index) growing = begun.findLast((each) => each.index === index);
      if (growing === undefined) return;
      const { block } = growing;
      const piece = fieldsOf(delta);
      for (const name in piece) {
        const value = piece[name];
        if (name === 'type' || typeof value !== 'string') continue;
        characters += value.length;
        if (characters > maxCharacters) throw new GatewayError('upstream-protocol', 'The model reasons without end');
        const known = block[name];
        block[name] = typeof known === 'string' ? known + value : value;
      }
    },
    whole: () => begun.map(({ block }) => withInput(block)),
    isCall: (at) => (begun.findLast(({ index }) => index === at)?.block['type'] ?? 'tool_use') === 'tool_use',
    sayMore: () => begun.some(({ block }) => block['type'] !== 'text' && block['type'] !== 'tool_use'),
  };
}

/** The input that came in pieces stands in its place. */
function withInput({ partial_json: pieces, ...block }: Record<string, unknown>): object {
  return typeof pieces === 'string' ? { ...block, input: parseJson(pieces) ?? {} } : block;
}
