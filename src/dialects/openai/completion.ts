import { type Demand, defined, type FinishReason, type Timestamp, type Usage } from '../../canonical/index.ts';
import type { Exchange } from '../dialect.ts';
import { demandNames } from './parameters.ts';

/** The seconds of a time since 1970. */
export const created = {
  encode: (time: Timestamp): number => Math.floor(Date.parse(time) / 1_000),
  /** Servers that tell none, or nought, or what is no time, get the one that the gateway knows. */
  decode(seconds: number | null | undefined, otherwise: Timestamp): Timestamp {
    const instant = new Date((seconds ?? 0) * 1_000);
    return seconds && !Number.isNaN(instant.getTime()) ? instant.toISOString() : otherwise;
  },
};

/** Always whole, since clients add it up without looking: what nobody counted is nought; the parts of a count where they were told. Our choice. */
export const usage = {
  encode: (
    { inputTokens = 0, outputTokens = 0, totalTokens, cachedTokens, reasoningTokens }: Usage = { totalTokens: 0 },
  ) => ({
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: totalTokens,
    ...(cachedTokens !== undefined && { prompt_tokens_details: { cached_tokens: cachedTokens } }),
    ...(reasoningTokens !== undefined && { completion_tokens_details: { reasoning_tokens: reasoningTokens } }),
  }),
};

const words: Readonly<Record<FinishReason, string>> = {
  stop: 'stop',
  length: 'length',
  'content-filter': 'content_filter',
  'handed-over': 'stop',
  'tool-calls': 'tool_calls',
};

/** Why an answer ended, in the vendor's words. */
export const finishReason = { encode: (reason: FinishReason): string => words[reason] };

/** An answer's own id, in the vendor's form. */
export const completionId = (replyId: string): string => `chatcmpl-${replyId}`;

/** The name that the client asked by, as most servers give it back: what answered behind it is the gateway's own affair. Our choice. */
export const modelOf = ({ turn }: Exchange): string => turn?.agent ?? '';

/** What has no place in the body: the conversation's id, and what was hinted at and cannot be used, by these names. Our choice. */
export const openingHeadersWith =
  (names: Readonly<Record<Demand, string>>) =>
  ({ conversationId, ignored = [] }: Exchange): Readonly<Record<string, string>> =>
    defined({
      'x-conversation-id': conversationId,
      'x-ignored-parameters': ignored.length === 0 ? undefined : ignored.map((name) => names[name]).join(', '),
    });

export const openingHeaders = openingHeadersWith(demandNames);
