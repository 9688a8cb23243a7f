import { fieldsOf } from '../../dialects/json.ts';
import { GatewayError } from '../../errors/index.ts';

/** No reasoning that is to be repeated is longer, in characters. Our choice. */
const maxCharacters = 4_000_000;

/** The blocks of one message as they came, to be repeated beside the results of its calls. */
export interface Blocks {
  begin(block: unknown, index: number | undefined): void;
  /** Throws `upstream-protocol` where it is more than any model means. */
  grow(delta: unknown, index: number | undefined): void;
  whole(): readonly object[];
}

/** The blocks of one message, whatever kinds of them there are. */
export function createBlocks(): Blocks {
  const begun: { readonly index: number | undefined; readonly block: Record<string, unknown> }[] = [];
  let characters = 0;
  return {
    begin(block, index) {
      begun.push({ index, block: { ...fieldsOf(block) } });
    },
    grow(delta, index) {
      const growing = begun.findLast((each) => each.index === index)?.block;
      if (growing === undefined) return;
      for (const [name, value] of Object.entries(fieldsOf(delta))) {
        if (name === 'type' || typeof value !== 'string') continue;
        characters += value.length;
        if (characters > maxCharacters) throw new GatewayError('upstream-protocol', 'The model reasons without end');
        const known = growing[name];
        growing[name] = typeof known === 'string' ? known + value : value;
      }
    },
    whole: () => begun.map(({ block }) => block),
  };
}
