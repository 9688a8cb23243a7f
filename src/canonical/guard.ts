import { GatewayError } from '../errors/index.ts';
import type { ToolCall } from './asked-of-models.ts';
import type { ChatEvent } from './events.ts';

/** What one reply may amount to; beyond it the stream fails with `upstream-protocol`. */
export interface ReplyBounds {
  /** In its text, its suggestions and its calls. */
  readonly maxCharacters: number;
  readonly maxItems: number;
  /** In all that the items say, as JSON. */
  readonly maxItemCharacters: number;
  readonly maxSuggestions: number;
  /** Of every kind, so that a stream that says nothing has an end too. */
  readonly maxEvents: number;
}

/** As many events as the longest text has tokens of four characters. Our choice. */
export const defaultReplyBounds: ReplyBounds = {
  maxCharacters: 1_048_576,
  maxItems: 1_000,
  maxItemCharacters: 4_194_304,
  maxSuggestions: 1_000,
  maxEvents: 262_144,
};

const broken = (what: string) => new GatewayError('upstream-protocol', `The reply stream ${what}`);

/** Holds the batches of one reply stream against its order and its bounds. Both throw `upstream-protocol`. */
export interface ReplyGuard {
  check(batch: readonly ChatEvent[]): void;
  /** Where the stream has ended. */
  end(): void;
}

/** A guard at the beginning of a reply. */
export function createReplyGuard(bounds: ReplyBounds = defaultReplyBounds): ReplyGuard {
  let state: 'waiting' | 'open' | 'ended' = 'waiting';
  const count = createCount(bounds);
  return {
    check(batch) {
      for (const event of batch) {
        if (state === 'ended') throw broken(`goes on after its end, with ${event.type}`);
        if ((event.type === 'reply-start') !== (state === 'waiting')) throw broken(`has ${event.type} out of order`);
        state = event.type === 'reply-end' ? 'ended' : 'open';
        count(event);
      }
    },
    end() {
      if (state !== 'ended') throw broken('stopped without its end');
    },
  };
}

const lengthOf = ({ id, name, arguments: given }: ToolCall): number => id.length + name.length + given.length;

function createCount(bounds: ReplyBounds): (event: ChatEvent) => void {
  let characters = 0;
  let items = 0;
  let itemCharacters = 0;
  let suggestions = 0;
  let events = 0;
  return (event) => {
    events += 1;
    if (event.type === 'text-delta') characters += event.text.length;
    if (event.type === 'items-found') {
      items += event.items.length;
      itemCharacters += JSON.stringify(event.items).length;
    }
    if (event.type === 'suggestions') {
      suggestions += event.suggestions.length;
      for (const { length } of event.suggestions) characters += length;
    }
    if (event.type === 'reply-end') for (const call of event.calls ?? []) characters += lengthOf(call);
    if (characters > bounds.maxCharacters) throw broken(`is longer than ${bounds.maxCharacters} characters`);
    if (itemCharacters > bounds.maxItemCharacters) {
      throw broken(`has items of more than ${bounds.maxItemCharacters} characters`);
    }
    if (items > bounds.maxItems) throw broken(`has more than ${bounds.maxItems} items`);
    if (suggestions > bounds.maxSuggestions) throw broken(`has more than ${bounds.maxSuggestions} suggestions`);
    if (events > bounds.maxEvents) throw broken(`has more than ${bounds.maxEvents} events`);
  };
}
