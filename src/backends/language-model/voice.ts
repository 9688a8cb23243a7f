import { type ChatEvent, combineUsage, defined, type FinishReason, type Usage } from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';
import type { Grounding } from './grounding.ts';
import type { ModelEvent, ToolCall } from './model.ts';
import { createSpeech, type Heard } from './speech.ts';
import type { HandedOut } from './workings.ts';

/** Of the calls that a model writes into its text, the first ones are heard. Our choice. */
const maxWrittenCalls = 32;

type ModelEnd = Extract<ModelEvent, { type: 'model-end' }>;

export interface VoiceOptions {
  readonly replyId: string;
  readonly grounding: Grounding;
  /** Whether what a model thinks is told where it stands in its text. */
  readonly showsThoughts: boolean;
}

/** What a model has said in one round. */
export interface Round {
  readonly text: string;
  readonly calls: readonly ToolCall[];
  readonly own?: object;
}

/** Makes chat events of what a model says in one round after the other. */
export interface Voice {
  /** Whether anything was said that the visitor has seen. */
  hasBegun(): boolean;
  beginRound(mayCall: boolean): void;
  round(): Round;
  show(items: Extract<ChatEvent, { type: 'items-found' }>['items']): readonly ChatEvent[];
  /** Ends the reply with calls of the client's tools. */
  handOut(handedOut: HandedOut): readonly ChatEvent[];
  /** Throws `upstream-failed` for an end before the first word, and `content-filter` where it was held back. */
  hear(batch: readonly ModelEvent[]): readonly ChatEvent[];
}

export function createVoice({ replyId, grounding, showsThoughts }: VoiceOptions): Voice {
  let begun = false;
  let mayCall = false;
  let said = '';
  let text = '';
  /** Whether the round's text is more than white space: known, since to look at all of it with each piece would cost its square. */
  let hasWord = false;
  let calls: ToolCall[] = [];
  let usage: Usage | undefined;
  let own: object | undefined;
  let model: string | undefined;
  let speech = createSpeech({ showsThoughts });

  const add = (events: ChatEvent[], event: ChatEvent): void => {
    // It waits for the first word: a failure before that can still have a status of its own, or become another backend's answer.
    if (!begun) events.push({ type: 'reply-start', replyId });
    begun = true;
    events.push(event);
  };
  const tell = (events: ChatEvent[], { text: words, calls: written }: Heard): void => {
    for (const call of written.slice(0, maxWrittenCalls)) calls.push({ id: `call_text_${calls.length}`, ...call });
    text += words;
    // White space alone is no word, and is told with the first one.
    if (words === '' || (!hasWord && words.trim() === '')) return;
    const isFirst = !hasWord;
    hasWord = true;
    // What is said after a look into the catalogue is a paragraph of its own.
    if (isFirst && said !== '') add(events, { type: 'text-delta', text: '\n\n' });
    add(events, { type: 'text-delta', text: isFirst ? text.trimStart() : words });
  };
  const end = (events: ChatEvent[], finishReason: FinishReason, handedOut?: HandedOut): void => {
    said += text.trim();
    const items = grounding.itemsFor(said);
    if (items.length > 0) add(events, { type: 'items-found', items });
    add(events, defined({ type: 'reply-end' as const, finishReason, ...handedOut, model, usage }));
  };
  return {
    hasBegun: () => begun,
    beginRound(mayCallNow) {
      mayCall = mayCallNow;
      said += text.trim();
      text = '';
      hasWord = false;
      calls = [];
      own = undefined;
      speech = createSpeech({ showsThoughts });
    },
    round: () => defined({ text: text.trim(), calls, own }),
    show(items) {
      const events: ChatEvent[] = [];
      add(events, { type: 'items-found', items });
      return events;
    },
    handOut(handedOut) {
      const events: ChatEvent[] = [];
      end(events, 'tool-calls', handedOut);
      return events;
    },
    hear(batch) {
      const events: ChatEvent[] = [];
      for (const event of batch) {
        if (event.type === 'text-delta') tell(events, speech.hear(event.text));
        else if (event.type === 'tool-call') calls.push(event.call);
        else {
          tell(events, speech.end());
          own = event.own;
          // Several rounds have used their tokens together.
          usage = combineUsage(usage, event.usage, (a, b) => a + b);
          model = event.model;
          if (calls.length > 0 && mayCall) continue;
          if (!begun) throw silenceOf({ calls, finishReason: event.finishReason });
          calls = [];
          end(events, event.finishReason);
        }
      }
      return events;
    },
  };
}

/** What is said of an end before the first word. */
function silenceOf({ calls, finishReason }: Pick<ModelEnd, 'finishReason'> & { readonly calls: readonly ToolCall[] }) {
  if (finishReason === 'content-filter') return new GatewayError('content-filter', 'The vendor held the answer back');
  return calls.length > 0
    ? new GatewayError('upstream-protocol', 'The model calls tools where it was to answer')
    : new GatewayError('upstream-failed', `The model ended without a word (${finishReason})`);
}
