import type { ChatEvent, ClientTools } from '../../canonical/index.ts';
import { toGatewayError } from '../../errors/index.ts';
import type { AnswerContext } from '../backend.ts';
import type { Grounding } from './grounding.ts';
import { repeatable } from './history.ts';
import type { LanguageModel, ModelMessage, ModelRequest } from './model.ts';
import { createToolbox } from './toolbox.ts';
import { createVoice } from './voice.ts';
import { handOut, type Place } from './workings.ts';

/** What a model is asked with, and what it is held to. */
export interface Question {
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
  readonly sent: AnswerContext['sent'];
  readonly showsThoughts: boolean;
  prepare(): Promise<Question>;
}

/**
 * Asks a model, runs the tools that it calls, and asks again until it has answered. Text is passed on as it comes. What is refused
 * before the first word for what was said earlier is asked once more with less of that.
 */
export async function* converse(conversing: Conversing): AsyncGenerator<readonly ChatEvent[], void, void> {
  const { place, model, signal, sent, showsThoughts } = conversing;
  const question = await conversing.prepare();
  signal.throwIfAborted();
  const { grounding, request } = question;
  const toolbox = createToolbox(grounding, question.tools);
  const voice = createVoice({ replyId: place.replyId, grounding, showsThoughts });
  let past = request.messages;
  let isLess = false;
  const lookups: ModelMessage[] = [];
  for (let round = 0; ; round += 1) {
    const asking: ModelRequest = { ...request, messages: [...past, ...lookups], ...toolbox.telling(round) };
    voice.beginRound(asking.choice !== 'none');
    let isHeard = false;
    try {
      for await (const batch of model.ask(asking, signal)) {
        isHeard ||= batch.length > 0;
        yield voice.hear(batch); // no event is a sign of life
      }
    } catch (thrown) {
      const less = voice.hasBegun() || signal.aborted ? undefined : await lessAfter(thrown, question, isLess);
      if (less === undefined) throw thrown;
      past = less;
      isLess = true;
      round -= 1;
      continue;
    } finally {
      // A vendor takes pay for what it has begun to answer, or was not let finish; not for what it fails at.
      if (isHeard || signal.aborted) sent(charactersOf(asking));
    }
    const { calls, ...said } = voice.round();
    if (calls.length === 0) return;
    const ran = await toolbox.run(calls);
    const items = ran.outcomes.flatMap((outcome) => outcome.items);
    if (items.length > 0) yield voice.show(items);
    const answer = { role: 'assistant' as const, ...said, calls: ran.calls.map(repeatable) };
    const results = ran.outcomes.map(({ result }) => result);
    if (ran.handedOut.size > 0) {
      const handedOut = answer.calls.filter((_, at) => ran.handedOut.has(at));
      yield voice.handOut(handOut({ lookups, answer, results, handedOut }, place));
      return;
    }
    lookups.push(answer, { role: 'tools', results });
  }
}

/** What to ask with after a refusal; `undefined` if there is no asking again. What is refused by itself is noted. */
async function lessAfter(thrown: unknown, question: Question, isLess: boolean) {
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
