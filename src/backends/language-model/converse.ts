import { type ChatEvent, defined, type Usage } from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';
import type { AnswerContext } from '../backend.ts';
import type { Grounding } from './grounding.ts';
import { parseJson } from './json.ts';
import type { LanguageModel, ModelEvent, ModelMessage, ModelRequest, ToolCall } from './model.ts';

/** So many times the model may look things up; then it has to answer. */
const maxRounds = 4;

/** Of the calls that a model makes at once, the first ones are run. */
const maxCallsAtOnce = 8;

/** What a model is asked with, and what it is held to. */
export interface Question {
  readonly grounding: Grounding;
  readonly request: Omit<ModelRequest, 'tools' | 'mayCall'>;
}

export interface Conversing {
  readonly replyId: string;
  readonly model: LanguageModel;
  readonly signal: AbortSignal;
  readonly sent: AnswerContext['sent'];
  prepare(): Promise<Question>;
}

/** Asks a model, runs the tools that it calls, and asks again until it has answered. Text is passed on as it comes. */
export async function* converse(conversing: Conversing): AsyncGenerator<readonly ChatEvent[], void, void> {
  const { replyId, model, signal, sent } = conversing;
  const { grounding, request } = await conversing.prepare();
  signal.throwIfAborted();
  const { tools } = grounding;
  const messages: ModelMessage[] = [...request.messages];
  const voice = createVoice(replyId, grounding);
  for (let round = 0; ; round += 1) {
    const mayCall = tools.length > 0 && round < maxRounds;
    voice.beginRound(mayCall);
    const asking: ModelRequest = { ...request, messages, tools, mayCall };
    let isHeard = false;
    try {
      for await (const batch of model.ask(asking, signal)) {
        isHeard = true;
        const events = voice.hear(batch);
        if (events.length > 0) yield events;
      }
    } finally {
      // A vendor takes pay for what it has begun to answer, or was not let finish; not for what it fails at.
      if (isHeard || signal.aborted) sent(charactersOf(asking));
    }
    const { text, calls } = voice.round();
    if (calls.length === 0) return;
    const outcomes = await Promise.all(calls.map(grounding.run));
    const items = outcomes.flatMap((outcome) => outcome.items);
    if (items.length > 0) yield voice.show(items);
    messages.push(
      { role: 'assistant', text, calls: calls.map(repeatable) },
      { role: 'tools', results: outcomes.map(({ result }) => result) },
    );
  }
}

/** What was said and found; what the tools are like is left out. */
function charactersOf({ system, messages }: ModelRequest): number {
  const texts = messages.flatMap((message) =>
    message.role === 'tools' ? message.results.map(({ content }) => content) : [message.text],
  );
  return texts.reduce((sum, text) => sum + text.length, system.length);
}

/** Servers read the arguments of earlier calls again, and fail at what is no JSON object. */
function repeatable(call: ToolCall): ToolCall {
  const value = parseJson(call.arguments);
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? call : { ...call, arguments: '{}' };
}

type ModelEnd = Extract<ModelEvent, { type: 'model-end' }>;

/** Makes chat events of what a model says in one round after the other. */
function createVoice(replyId: string, grounding: Grounding) {
  let begun = false;
  let mayCall = false;
  let said = '';
  let text = '';
  let calls: ToolCall[] = [];
  let usage: Usage | undefined;

  const add = (events: ChatEvent[], event: ChatEvent): void => {
    // It waits for the first word: a failure before that can still have a status of its own, or become another backend's answer.
    if (!begun) events.push({ type: 'reply-start', replyId });
    begun = true;
    events.push(event);
  };
  const end = (events: ChatEvent[], { finishReason, model }: ModelEnd): void => {
    said += text;
    if (calls.length > 0 && !begun) {
      throw new GatewayError('upstream-protocol', 'The model calls tools where it was to answer');
    }
    calls = [];
    const items = grounding.itemsFor(said);
    if (items.length > 0) add(events, { type: 'items-found', items });
    add(events, defined({ type: 'reply-end' as const, finishReason, model, usage }));
  };
  return {
    beginRound(toolsAreThere: boolean): void {
      mayCall = toolsAreThere;
      said += text;
      text = '';
      calls = [];
    },
    round: () => ({ text, calls: calls.slice(0, maxCallsAtOnce) }),
    show(items: Extract<ChatEvent, { type: 'items-found' }>['items']): readonly ChatEvent[] {
      const events: ChatEvent[] = [];
      add(events, { type: 'items-found', items });
      return events;
    },
    hear(batch: readonly ModelEvent[]): readonly ChatEvent[] {
      const events: ChatEvent[] = [];
      for (const event of batch) {
        if (event.type === 'text-delta') {
          // What is said after a look into the catalogue is a paragraph of its own.
          if (text === '' && said !== '') add(events, { type: 'text-delta', text: '\n\n' });
          text += event.text;
          add(events, event);
        } else if (event.type === 'tool-call') calls.push(event.call);
        else {
          usage = addUsage(usage, event.usage);
          if (calls.length === 0 || !mayCall) end(events, event);
        }
      }
      return events;
    },
  };
}

/** What several rounds have used together. */
function addUsage(a: Usage | undefined, b: Usage | undefined): Usage | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const sum = (x: number | undefined, y: number | undefined) =>
    x === undefined && y === undefined ? undefined : (x ?? 0) + (y ?? 0);
  return defined({
    inputTokens: sum(a.inputTokens, b.inputTokens),
    outputTokens: sum(a.outputTokens, b.outputTokens),
    totalTokens: a.totalTokens + b.totalTokens,
  });
}
