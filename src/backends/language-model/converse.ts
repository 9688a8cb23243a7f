import type { Awaitable } from '../../async/awaitable.ts';
import type { ChatEvent, ClientTools } from '../../canonical/index.ts';
import { toGatewayError } from '../../errors/index.ts';
import type { Trace } from '../../observability/trace.ts';
import type { AnswerContext } from '../backend.ts';
import type { Grounding } from './grounding.ts';
import { repeatable } from './history.ts';
import type { LanguageModel, ModelEvent, ModelMessage, ModelRequest, ToolCall } from './model.ts';
import { createToolbox, type Ran, type Toolbox } from './toolbox.ts';
import { createVoice, type Round } from './voice.ts';
import { handOut, type Place } from './workings.ts';

/** What a model is asked with, and what it is held to. */
export interface ModelQuestion {
  readonly grounding: Grounding;
  readonly request: Omit<ModelRequest, 'tools' | 'choice' | 'parallel'>;
  /** The client's, beside those of the grounding. */
  readonly tools: ClientTools | undefined;
  /** What is told in place of the messages where they were refused; `undefined` if there is nothing to leave out. */
  less(refusal: 'content-filter' | 'context-overflow'): readonly ModelMessage[] | undefined;
  /** Says that the turn itself was refused: it is not told again. */
  refused(): Promise<void>;
}

export interface Conversing {
  readonly place: Place;
  readonly model: LanguageModel;
  readonly signal: AbortSignal;
  readonly trace: Trace | undefined;
  readonly sent: AnswerContext['sent'];
  readonly showsThoughts: boolean;
  prepare(): Awaitable<ModelQuestion>;
}

type Step = IteratorResult<readonly ChatEvent[], undefined>;

const noMore: Step = { done: true, value: undefined };
const over = (): Promise<Step> => Promise.resolve(noMore);

/**
 * Asks a model, runs the tools that it calls, and asks again until it has answered. Text is passed on as it comes. What is refused
 * before the first word for what was said earlier is asked once more with less of that. Written out as an iterator, as `readAnswer` is.
 */
export function converse(conversing: Conversing): AsyncIterableIterator<readonly ChatEvent[], undefined> {
  let talk: Talk | undefined;
  let hasLeft = false;
  const begin = (question: ModelQuestion): Promise<Step> => {
    conversing.signal.throwIfAborted();
    talk = createTalk(conversing, question);
    return talk.next();
  };
  return {
    next() {
      if (hasLeft) return over();
      if (talk !== undefined) return talk.next();
      try {
        const prepared = conversing.prepare();
        return prepared instanceof Promise ? prepared.then(begin) : begin(prepared);
      } catch (thrown) {
        hasLeft = true;
        return Promise.reject(toGatewayError(thrown));
      }
    },
    async return() {
      hasLeft = true;
      await talk?.leave();
      return noMore;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

interface Talk {
  next(): Promise<Step>;
  leave(): Promise<void>;
}

/** The rounds of asking a model, until it calls nothing more that is ours to run. */
function createTalk({ place, model, signal, trace, sent, showsThoughts }: Conversing, question: ModelQuestion): Talk {
  const { grounding, request } = question;
  const toolbox = createToolbox(grounding, question.tools);
  const voice = createVoice({ replyId: place.replyId, grounding, showsThoughts });
  const lookups: ModelMessage[] = [];
  let past = request.messages;
  let isLess = false;
  let round = 0;

  const beginRound = (): Promise<Step> => {
    const messages = lookups.length === 0 ? past : [...past, ...lookups];
    const { system, delivery, parameters } = request;
    const asking: ModelRequest = {
      system,
      messages,
      delivery,
      ...toolbox.telling(round),
      ...(parameters && { parameters }),
    };
    voice.beginRound(asking.choice !== 'none');
    const source = model.ask(asking, signal, trace)[Symbol.asyncIterator]();
    let isHeard = false;
    let isClosed = false;
    const close = (): void => {
      if (isClosed) return;
      isClosed = true;
      advance = over;
      leave = () => Promise.resolve();
      // A vendor takes pay for what it has begun to answer, or was not let finish; not for what it fails at.
      if (isHeard || signal.aborted) sent(charactersOf(asking));
    };
    const giveUp = async (): Promise<void> => {
      await source.return?.();
      close();
    };
    const hear = (step: IteratorResult<readonly ModelEvent[]>): Awaitable<Step> => {
      if (step.done) {
        close();
        return answered();
      }
      isHeard ||= step.value.length > 0;
      try {
        return { done: false, value: voice.hear(step.value) }; // no event is a sign of life
      } catch (thrown) {
        return giveUp().then(() => refused(thrown));
      }
    };
    const fail = (thrown: unknown): Promise<Step> => {
      close();
      return refused(thrown);
    };
    leave = giveUp;
    advance = () => source.next().then(hear, fail);
    return advance();
  };
  const refused = async (thrown: unknown): Promise<Step> => {
    const less = voice.hasBegun() || signal.aborted ? undefined : await lessAfter(thrown, question, isLess);
    if (less === undefined) throw thrown;
    past = less;
    isLess = true;
    return beginRound();
  };
  const answered = (): Awaitable<Step> => {
    const { calls, ...said } = voice.round();
    return calls.length === 0 ? noMore : runTools(calls, said);
  };
  const runTools = async (called: readonly ToolCall[], said: Omit<Round, 'calls'>): Promise<Step> => {
    const { calls, outcomes, handedOut } = await runWritten(toolbox, called, trace);
    const answer = { role: 'assistant' as const, ...said, calls: calls.map(repeatable) };
    const results = outcomes.map(({ result }) => result);
    const goOn = async (): Promise<Step> => {
      advance = over;
      if (handedOut.size > 0) {
        const forClient = answer.calls.filter((_, at) => handedOut.has(at));
        return {
          done: false,
          value: voice.handOut(handOut({ lookups, answer, results, handedOut: forClient }, place)),
        };
      }
      lookups.push(answer, { role: 'tools', results });
      round += 1;
      return beginRound();
    };
    const items = outcomes.flatMap((outcome) => outcome.items);
    if (items.length === 0) return goOn();
    advance = goOn;
    return { done: false, value: voice.show(items) };
  };
  let leave = (): Promise<void> => Promise.resolve();
  let advance: () => Promise<Step> = beginRound;
  return { next: () => advance(), leave: () => leave() };
}

/** Runs tools, and has it written down where calls are: which, and never with what. */
async function runWritten(toolbox: Toolbox, called: readonly ToolCall[], trace: Trace | undefined): Promise<Ran> {
  if (trace?.span === undefined) return toolbox.run(called);
  const { span } = trace;
  const written = called.map(({ name }) =>
    span.begin('execute_tool', 'internal', {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': nameIn(name),
    }),
  );
  try {
    return await toolbox.run(called);
  } finally {
    for (const one of written) one.span.end();
  }
}

/** A model may call a tool by any words: what is no name is not written down. */
const nameIn = (name: string): string | undefined => (/^[\w.-]{1,64}$/.test(name) ? name : undefined);

/** What to ask with after a refusal; `undefined` if there is no asking again. What is refused by itself is noted. */
async function lessAfter(thrown: unknown, question: ModelQuestion, isLess: boolean) {
  const { code } = toGatewayError(thrown);
  if (code !== 'content-filter' && code !== 'context-overflow') return undefined;
  const less = isLess ? undefined : question.less(code);
  if (less === undefined) await question.refused();
  return less;
}

/** What was said and found; what the tools are like is left out. */
function charactersOf({ system, messages }: ModelRequest): number {
  const texts = messages.flatMap((message) =>
    message.role === 'tools' ? message.results.map(({ content }) => content) : [message.text],
  );
  return texts.reduce((sum, text) => sum + text.length, system.length);
}
