import { toGatewayError } from '../../errors/index.ts';
import type { OriginAnswer } from '../../network/index.ts';
import type { SseMessage } from '../../sse/index.ts';
import type { ModelEvent } from './model.ts';

/** Reads one stream of a vendor's. */
export interface StreamDecoder {
  /** Whether the model has said that it is done, be there an end mark or not. */
  isFinished(): boolean;
  /** Adds what a message says to `events`; true if it is the end mark. */
  read(message: SseMessage, events: ModelEvent[]): boolean;
  /** What the end of the connection adds where no end mark came. Throws `upstream-protocol` if that is no end. */
  finish(): readonly ModelEvent[];
}

/** How a vendor's answer is read. */
export interface AnswerDecoding {
  decodeDocument(document: unknown): readonly ModelEvent[];
  createDecoder(): StreamDecoder;
}

type Step = IteratorResult<readonly ModelEvent[], undefined>;

const noMore: Step = { done: true, value: undefined };

/**
 * One answer of a vendor's, a batch a read, asked for when the first one is. Written out as an iterator: a generator would cost every
 * frame of a stream three promises more.
 */
export function readAnswer(
  ask: () => Promise<OriginAnswer>,
  { createDecoder, decodeDocument }: AnswerDecoding,
  signal: AbortSignal,
): AsyncIterableIterator<readonly ModelEvent[], undefined> {
  let answer: OriginAnswer | undefined;
  let decoder: StreamDecoder | undefined;
  let isEnding = false;

  const open = async (): Promise<Step> => {
    answer = await ask();
    try {
      if ((await answer.kind()) === 'document') return last(decodeDocument(await answer.document()));
    } catch (thrown) {
      return fail(thrown);
    }
    const messages = answer.messages();
    const hear = hearBy((decoder = createDecoder()));
    advance = () => messages.next().then(hear, fail);
    return advance();
  };
  const over = (): Promise<Step> => Promise.resolve(noMore);
  let advance: () => Promise<Step> = open;

  /** What follows the end mark takes nothing from the answer. */
  const close = (hasEndMark = false): void => {
    advance = over;
    if (hasEndMark) answer?.release();
    else answer?.discard();
  };
  const last = (events: readonly ModelEvent[], hasEndMark = false): Step => {
    close(hasEndMark);
    return { done: false, value: events };
  };
  const hearBy =
    (by: StreamDecoder) =>
    (step: IteratorResult<readonly SseMessage[], void>): Step => {
      try {
        if (step.done) return last(by.finish());
        const { events, ended, failure } = readBatch(step.value, by);
        if (ended) return last(events, true);
        if (failure !== undefined) advance = async () => fail(failure);
        else if (by.isFinished() && (!isEnding || events.length > 0)) {
          isEnding = true; // some servers say so with each word
          answer?.endSoon();
        }
        return { done: false, value: events }; // none is a sign of life
      } catch (thrown) {
        return fail(thrown);
      }
    };
  const fail = (thrown: unknown): Step => {
    close();
    // An abort is known by its signal: what was being read then says little.
    signal.throwIfAborted();
    // A connection that breaks after the model was done takes nothing from its answer.
    if (decoder?.isFinished() !== true || toGatewayError(thrown).code !== 'upstream-failed') throw thrown;
    return { done: false, value: decoder.finish() };
  };
  return {
    next: () => advance(),
    return() {
      close();
      return over();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** What was said before a frame that cannot be read is passed on, whatever came with it in one read. */
function readBatch(batch: readonly SseMessage[], decoder: StreamDecoder) {
  const events: ModelEvent[] = [];
  try {
    const ended = batch.some((message) => decoder.read(message, events));
    return { events: joinBurst(events), ended };
  } catch (thrown) {
    return { events: joinBurst(events), ended: false, failure: toGatewayError(thrown) };
  }
}

/** Of more events a read is a burst: the vendor is ahead of whoever reads. Our choice. */
const burst = 16;

/** Texts of a burst that follow each other are one, so that what came in one read costs few events and frames. */
function joinBurst(events: readonly ModelEvent[]): readonly ModelEvent[] {
  if (events.length <= burst) return events;
  const joined: ModelEvent[] = [];
  let text = '';
  for (const event of events) {
    if (event.type === 'text-delta') text += event.text;
    else {
      if (text !== '') joined.push({ type: 'text-delta', text });
      text = '';
      joined.push(event);
    }
  }
  if (text !== '') joined.push({ type: 'text-delta', text });
  return joined;
}
