import type { ChatEvent, ChatStream } from '../canonical/index.ts';
import type { Timeouts } from '../config/index.ts';
import { GatewayError, toGatewayError } from '../errors/index.ts';
import type { Attributes, Trace } from '../observability/trace.ts';
import { type Attempt, beginAttempt, type ReplyEnd } from './attempt.ts';
import type { Call } from './backend.ts';
import type { Admission } from './breaker.ts';
import { type Deadline, startDeadline } from './deadline.ts';
import { noMore, readFirstContent, type Step } from './first-content.ts';
import { type RetryPolicy, waitBeforeRetry } from './retry.ts';
import type { BackendWatch } from './watch.ts';

/** What stands around every reply of one backend. */
export interface Guard {
  readonly timeouts: Timeouts;
  readonly retry: RetryPolicy | undefined;
  readonly watch: BackendWatch;
  /** What is written down of it where calls are. */
  readonly written: { readonly name: string; readonly attributes: Attributes };
  /** Throws `upstream-unavailable` if the backend may not be asked now. */
  admit(): Admission;
}

export interface GuardedQuestion {
  readonly call: Pick<Call, 'requestId' | 'signal' | 'trace'>;
  readonly isStreamed: boolean;
  /** Asks the backend: once, or again while nothing has come of it. */
  ask(signal: AbortSignal, trace: Trace | undefined): ChatStream;
}

/**
 * One reply behind a guard. Up to its first content the backend may be asked again; from then on the reply is read straight from
 * the attempt that gave it.
 */
export function guardedReply(
  guard: Guard,
  question: GuardedQuestion,
): AsyncIterableIterator<readonly ChatEvent[], unknown> {
  const { call } = question;
  let speaking: Attempt | undefined;
  let term: Deadline | undefined;
  let hasLeft = false;
  const open = async (): Promise<Step> => {
    call.signal.throwIfAborted();
    const admission = guard.admit();
    const begun = startDeadline({ signal: call.signal, totalMs: guard.timeouts.totalMs });
    term = begun;
    const { name, attributes } = guard.written;
    const written = call.trace?.span?.begin(name, 'client', attributes);
    written?.span.set({ 'gen_ai.request.stream': question.isStreamed });
    const whenOver = (error?: GatewayError): void => {
      begun.close();
      admission.over(error);
      written?.span.end(error?.code);
    };
    try {
      for (let attempts = 1; ; attempts += 1) {
        const startedAt = performance.now();
        const seconds = (): number => (performance.now() - startedAt) / 1_000;
        const tried = written?.span.begin('attempt', 'client', { 'dragoman.attempt': attempts });
        const attempt = beginAttempt({
          ask: (signal) => question.ask(signal, tried ?? call.trace),
          timeouts: guard.timeouts,
          whenOver(error, end) {
            if (end?.usage !== undefined) guard.watch.tokens(end.usage);
            if (end !== undefined) written?.span.set(attributesOf(end));
            tried?.span.end(error?.code);
            guard.watch.attempted({ code: error?.code ?? 'ok', seconds: seconds() });
            if (speaking !== undefined) whenOver(error);
          },
        });
        begun.interrupts(attempt.stop);
        try {
          const first = await readFirstContent(attempt);
          if (begun.reason !== undefined) throw begun.reason;
          guard.watch.firstContent(seconds());
          written?.span.set({ 'gen_ai.response.time_to_first_chunk': seconds() });
          speaking = attempt;
          attempt.contentCame();
          admission.contentCame();
          return first;
        } catch (thrown) {
          const error = toGatewayError(thrown);
          attempt.stop(error);
          const waitMs = waitBeforeRetry(guard.retry, { error, attempts, leftMs: begun.leftMs });
          if (waitMs === undefined) throw error;
          guard.watch.retried({ code: error.code, waitMs: Math.round(waitMs), requestId: call.requestId });
          await begun.pause(waitMs);
        }
      }
    } catch (thrown) {
      const error = toGatewayError(thrown);
      whenOver(error);
      throw error;
    }
  };
  return {
    next() {
      if (hasLeft) return Promise.resolve(noMore);
      return speaking === undefined ? open() : speaking.next();
    },
    return() {
      hasLeft = true;
      term?.expire(new GatewayError('client-closed', 'The rest of the reply is not wanted'));
      return Promise.resolve(noMore);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** What a vendor calls its models; other text stands in no trace. Our choice. */
const modelName = /^[\w.:/@-]{1,128}$/;

/** What a reply says of itself at its end, in the names of OpenTelemetry's conventions for language models. */
const attributesOf = ({ finishReason, model, usage }: ReplyEnd): Attributes => ({
  'gen_ai.response.model': model !== undefined && modelName.test(model) ? model : undefined,
  'gen_ai.response.finish_reasons': [finishReason],
  'gen_ai.usage.input_tokens': usage?.inputTokens,
  'gen_ai.usage.output_tokens': usage?.outputTokens,
});
