import type { Mode } from '../../canonical/index.ts';
import type { Lengths } from './steps.ts';

/** How much of a reply a follower was told. */
export interface ToldReply extends Lengths {
  /** Whether another answer was told whole since it began. */
  isCutInto: boolean;
}

/** Where a follower is: the same in all processes. What is told to it is the difference between what is and this. */
export interface Cursor {
  /** That of the last end that it was told of. */
  readonly version: number;
  /** The last message that it was told of. */
  readonly sequence: number;
  readonly mode: Mode | undefined;
  /** The replies that it is in the middle of, by the first eight digits of their ids. */
  readonly replies: Map<string, ToldReply>;
}

export const keyOf = (replyId: string): string => replyId.slice(0, 8);

/** So many replies at once stand in a cursor. */
const mostReplies = 16;
const cursorShape = /^(\d{1,15})-(\d{1,15})([ao]?)((?:\.[0-9a-f]{8}(?::\d{1,9}){3}x?){0,16})$/;
const modes: Readonly<Record<string, Mode>> = { a: 'ai', o: 'operator' };

/** `version-sequence`, the mode as a letter, and `.id:text:items:suggestions` of each reply, with an `x` where another was told since it began. */
export function writeCursor({ version, sequence, mode, replies }: Cursor): string {
  let text = `${version}-${sequence}${mode === undefined ? '' : mode.charAt(0)}`;
  let room = mostReplies;
  for (const [key, told] of replies) {
    if (room === 0) break;
    room -= 1;
    text += `.${key}:${told.text}:${told.items}:${told.suggestions}${told.isCutInto ? 'x' : ''}`;
  }
  return text;
}

/** The cursor that a follower comes back with; 0 is the beginning. `undefined` for one that we never gave: following begins now. */
export function readCursor(text: string | undefined): Cursor | undefined {
  if (text === '0') return { version: 0, sequence: 0, mode: undefined, replies: new Map() };
  const [, version, sequence, mode = '', told = ''] = cursorShape.exec(text ?? '') ?? [];
  if (version === undefined || sequence === undefined) return undefined;
  const replies = new Map(
    told
      .split('.')
      .slice(1)
      .map((one) => {
        const [key = '', ...lengths] = one.replace('x', '').split(':');
        const [text = 0, items = 0, suggestions = 0] = lengths.map(Number);
        return [key, { text, items, suggestions, isCutInto: one.endsWith('x') }];
      }),
  );
  return { version: Number(version), sequence: Number(sequence), mode: modes[mode], replies };
}
