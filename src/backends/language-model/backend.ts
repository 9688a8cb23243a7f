import { type Awaitable, whenReady } from '../../async/awaitable.ts';
import type { Takable, Turn } from '../../canonical/index.ts';
import type { Catalog } from '../../catalog/index.ts';
import type { AnswerContext, Backend } from '../backend.ts';
import type { ImageRules } from '../images.ts';
import type { TranscriptEntry } from '../transcript.ts';
import { carriesOf } from './carries.ts';
import { surroundingsOf } from './catalog-facts.ts';
import { converse, type ModelQuestion } from './converse.ts';
import { groundBySearch } from './ground-by-search.ts';
import { groundByTools } from './ground-by-tools.ts';
import { type Grounding, ungrounded } from './grounding.ts';
import { answered, type HistoryBudget, newerHalf, type Recalled } from './history.ts';
import type { LanguageModel } from './model.ts';
import { type Asked, messagesOf, readAsked, saidOf, systemTextOf } from './prompt.ts';
import { type Refusals, refusalsOf } from './refused-texts.ts';
import { clientFacts } from './turn-data.ts';
import { recall } from './workings.ts';

export interface LanguageModelBackendOptions {
  readonly name: string;
  readonly model: LanguageModel;
  /** What the model is told before every conversation. */
  readonly system?: string;
  readonly catalog?: Catalog;
  /** Whether the model can call tools. */
  readonly tools: boolean;
  readonly history: HistoryBudget;
  /** Whether what a model thinks is shown where it stands in its text. */
  readonly reasoning: 'hide' | 'show';
  /** Whose images it is told. */
  readonly images: ImageRules;
  /** Whether the model sees images. */
  readonly vision: boolean;
  /** Whether the model is told the query of the page that the visitor is on. */
  readonly pageQuery: boolean;
  /** What the vendor's wire can say of what the client asks of the model. */
  readonly takes: ReadonlySet<Takable>;
}

/**
 * Answers with a language model. With a catalogue its answers are grounded in it: every item that is shown is an item of the
 * catalogue. It leaves the catalogue open when closed.
 */
export function createLanguageModelBackend(options: LanguageModelBackendOptions): Backend {
  const { name, model, catalog } = options;
  return {
    name,
    carries: carriesOf({
      hasCatalog: catalog !== undefined,
      callsTools: options.tools,
      seesImages: options.vision,
    }),
    takes: options.takes,
    answer: (turn, context, { signal, trace }) =>
      converse({
        place: { backend: name, conversationId: context.conversation.id, replyId: context.replyId },
        model,
        signal,
        trace,
        sent: context.sent,
        showsThoughts: options.reasoning === 'show',
        prepare: () => prepare(options, { turn, context, signal }),
      }),
    quirks: () => model.quirks(),
    close: () => model.close(),
  };
}

interface Preparing {
  readonly turn: Turn;
  readonly context: AnswerContext;
  readonly signal: AbortSignal;
}

function prepare(options: LanguageModelBackendOptions, preparing: Preparing): Awaitable<ModelQuestion> {
  const { name, history, images, vision } = options;
  const { turn, context, signal } = preparing;
  const refusals = refusalsOf(name, context);
  const telling = { budget: history, images: vision ? images : undefined, context, isRefused: refusals.has };
  return whenReady(readAsked(turn, context, history), (asked) =>
    whenReady(ground(asked, options, signal), (grounding) =>
      whenReady(saidOf(asked, telling), (said) =>
        whenReady(recall(said, { backend: name, turn, context }), (recalled) =>
          questionOf(options, turn, { grounding, said, recalled, refusals }),
        ),
      ),
    ),
  );
}

interface Prepared {
  readonly grounding: Grounding;
  readonly said: readonly TranscriptEntry[];
  readonly recalled: Recalled;
  readonly refusals: Refusals;
}

function questionOf(
  { system, tools, pageQuery }: LanguageModelBackendOptions,
  turn: Turn,
  { grounding, said, recalled, refusals }: Prepared,
): ModelQuestion {
  const data = { ...clientFacts(turn, { pageQuery }), ...grounding.facts };
  return {
    grounding,
    tools: tools ? turn.tools : undefined,
    request: {
      system: systemTextOf(turn, { own: system, rules: grounding.rules, data }),
      messages: messagesOf(said, { data, recalled }),
      delivery: turn.delivery,
      ...(turn.parameters && { parameters: turn.parameters }),
    },
    less(refusal) {
      const fewer = refusal === 'context-overflow' ? newerHalf(answered(said)) : answered(said);
      return fewer.length < said.length ? messagesOf(fewer, { data, recalled }) : undefined;
    },
    refused: () => refusals.note(turn.text),
  };
}

/** Source: item-discovery's documented default. */
const usualLimit = 4;

type GroundingOptions = Pick<LanguageModelBackendOptions, 'catalog' | 'tools'>;

const ground = (asked: Asked, { catalog, tools }: GroundingOptions, signal: AbortSignal): Awaitable<Grounding> =>
  catalog === undefined ? ungrounded : groundIn(catalog, asked, { tools, signal });

async function groundIn(
  catalog: Catalog,
  asked: Asked,
  { tools, signal }: { readonly tools: boolean; readonly signal: AbortSignal },
): Promise<Grounding> {
  const limit = Math.max(0, asked.turn.itemLimit ?? usualLimit);
  const options = { catalog, signal, limit, surroundings: await surroundingsOf(asked, { catalog, signal }) };
  return tools ? groundByTools(options) : groundBySearch(asked.turn.text, options);
}
