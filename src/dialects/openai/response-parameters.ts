import {
  type ClientMessage,
  type ClientTool,
  type ClientTools,
  type Demand,
  defined,
  type JsonObject,
  type ModelParameters,
  type Turn,
} from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';
import type { Exchange } from '../dialect.ts';
import { fieldsBut, jsonSchemaOf, objectOf } from './parameters.ts';
import { responseId } from './response-ids.ts';
import type { FunctionTool, ResponseBody, TextFormat } from './responses-wire.ts';
import { clientToolsOf, toolOf } from './tools.ts';

/** Beyond so many characters of messages the answer cannot be followed: the client has to keep them. Our choice. */
const maxKeptCharacters = 262_144;

/** What only this wire says of a turn stands under this name in `extra`: it is told back, and not sent on. */
const own = 'responses';

/** What the turn itself holds, and what asks for no more than there is. */
const saidElsewhere: ReadonlySet<string> = new Set([
  'model',
  'input',
  'instructions',
  'previous_response_id',
  'conversation',
  'store',
  'stream',
  'stream_options',
  'include',
  'user',
  'safety_identifier',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'temperature',
  'top_p',
  'max_output_tokens',
  'reasoning',
  'text',
]);

/** The wire's names of what a client may ask of a model. */
export const responseDemands: Readonly<Record<Demand, string>> = {
  temperature: 'temperature',
  topP: 'top_p',
  maxTokens: 'max_output_tokens',
  stop: 'stop',
  seed: 'seed',
  reasoningEffort: 'reasoning.effort',
  responseFormat: 'text.format',
  tools: 'tools',
  toolChoice: 'tool_choice',
};

/** Everything in a body that only this wire can say, and what clients will think of next. */
export const extraFields = {
  decode(body: ResponseBody): JsonObject | undefined {
    const rest = fieldsBut(saidElsewhere, body);
    const isForgotten = body.store === false;
    return rest || isForgotten ? { [own]: { ...rest, ...(isForgotten && { store: false }) } } : undefined;
  },
  encode: ({ extra }: Pick<Turn, 'extra'>): JsonObject => objectOf(extra?.[own]),
};

/** Whether the client wants nothing kept to go on from. */
export const isForgotten = (turn: Pick<Turn, 'extra'>): boolean => extraFields.encode(turn)['store'] === false;

/** What the turn goes on from. Throws `not-found` for an id that nobody was given. */
export const continuation = {
  decode(
    body: ResponseBody,
    said: Pick<Turn, 'history' | 'afterwards'>,
  ): Pick<Turn, 'conversationId' | 'continuation'> {
    const { previous_response_id: previous, conversation, instructions } = body;
    if (previous && conversation) throw twoPasts();
    const found = previous ? responseId.decode(previous) : undefined;
    if (previous && found === undefined) {
      throw new GatewayError('not-found', 'Previous response not found', { subject: { kind: 'reply', id: previous } });
    }
    const keeps = body.store !== false && charactersOf(said) <= maxKeptCharacters;
    return defined({
      conversationId: found?.conversationId ?? (typeof conversation === 'string' ? conversation : conversation?.id),
      continuation: defined({ follows: found?.replyId, instructions: instructions || undefined, keeps }),
    });
  },
  encode(turn: Pick<Turn, 'conversationId' | 'continuation'>): Partial<ResponseBody> {
    const { conversationId, continuation: going } = turn;
    const previous = previousIn(turn);
    return defined({
      previous_response_id: previous,
      conversation: previous === undefined ? conversationId : undefined,
      instructions: going?.instructions,
      store: going?.keeps === false ? false : undefined,
    });
  },
};

function twoPasts(): GatewayError {
  const message = 'goes on from one or the other';
  const violation = {
    path: ['body', 'previous_response_id'],
    rule: 'two-pasts',
    params: {},
    value: undefined,
    message,
  };
  return new GatewayError('invalid-request', 'There are two pasts', { violations: [violation] });
}

/** The id of the response that a turn follows. */
export function previousIn({ conversationId, continuation: going }: NonNullable<Exchange['turn']>): string | undefined {
  return going?.follows === undefined ? undefined : responseId.encode({ conversationId, replyId: going.follows });
}

function charactersOf({ history = [], afterwards = [] }: Pick<Turn, 'history' | 'afterwards'>): number {
  const lengthOf = (message: ClientMessage): number =>
    ('calls' in message ? (message.calls ?? []) : []).reduce(
      (sum, call) => sum + call.id.length + call.name.length + call.arguments.length,
      message.text.length,
    );
  return [...history, ...afterwards].reduce((sum, message) => sum + lengthOf(message), 0);
}

/** What is asked of the model, whatever the model is; absent where nothing is. `null` is what is not said. */
export const responseParameters = {
  decode({ temperature, top_p, max_output_tokens, reasoning, text }: ResponseBody): ModelParameters | undefined {
    const parameters: ModelParameters = defined({
      temperature: temperature ?? undefined,
      topP: top_p ?? undefined,
      maxTokens: max_output_tokens ?? undefined,
      reasoningEffort: reasoning?.effort ?? undefined,
      responseFormat: textFormat.decode(text?.format),
    });
    return Object.keys(parameters).length === 0 ? undefined : parameters;
  },
  encode: ({ temperature, topP, maxTokens, reasoningEffort, responseFormat }: ModelParameters): Partial<ResponseBody> =>
    defined({
      temperature,
      top_p: topP,
      max_output_tokens: maxTokens,
      reasoning: reasoningEffort === undefined ? undefined : { effort: reasoningEffort },
      text: responseFormat && { format: textFormat.encode(responseFormat) },
    }),
};

const textFormat = {
  decode(format: TextFormat | null | undefined): ModelParameters['responseFormat'] {
    if (!format || format.type === 'text') return undefined;
    return format.type === 'json_object' ? { type: 'json' } : jsonSchemaOf(format);
  },
  encode(format: NonNullable<ModelParameters['responseFormat']>): TextFormat {
    return format.type === 'json' ? { type: 'json_object' } : { ...format, type: 'json_schema' };
  },
};

/** The tools that a client brings. Throws as `clientToolsOf` does. */
export const functionTools = {
  decode({ tools, tool_choice: choice, parallel_tool_calls: parallel }: ResponseBody): ClientTools | undefined {
    const named = typeof choice === 'object' && choice !== null ? { name: choice.name } : choice;
    return clientToolsOf({ offered: (tools ?? []).map(toolOf), choice: named, parallel });
  },
  encode: ({ offered, choice, parallel }: ClientTools): Partial<ResponseBody> =>
    defined({
      tools: offered.map(encodeTool),
      tool_choice: typeof choice === 'string' ? choice : { type: 'function' as const, name: choice.name },
      parallel_tool_calls: parallel,
    }),
};

const encodeTool = (tool: ClientTool): FunctionTool => ({ type: 'function', ...tool });

/** What was asked, as an answer tells it back. */
export function asAsked({ turn = {} }: Exchange): object {
  const { parameters = {}, tools, continuation: going, conversationId, participant, extra } = turn;
  const { temperature = null, topP = null, maxTokens = null, reasoningEffort = null, responseFormat } = parameters;
  const follows = previousIn(turn) ?? null;
  const { metadata = {}, truncation = 'disabled' } = extraFields.encode(defined({ extra }));
  return {
    background: false,
    instructions: going?.instructions ?? null,
    max_output_tokens: maxTokens,
    metadata: metadata ?? {},
    parallel_tool_calls: tools?.parallel ?? true,
    previous_response_id: follows,
    ...(follows === null && conversationId !== undefined && { conversation: { id: conversationId } }),
    reasoning: { effort: reasoningEffort, summary: null },
    store: going?.keeps ?? true,
    temperature,
    text: { format: responseFormat === undefined ? { type: 'text' } : textFormat.encode(responseFormat) },
    tool_choice: 'auto',
    tools: [],
    ...(tools && toolsAsAsked(tools)),
    top_p: topP,
    truncation: truncation ?? 'disabled',
    user: participant?.userId ?? null,
  };
}

function toolsAsAsked(tools: ClientTools): object {
  const { tool_choice, parallel_tool_calls: _, ...rest } = functionTools.encode(tools);
  const told = (rest.tools ?? []).map((tool) => ({ description: null, parameters: null, strict: null, ...tool }));
  return { tool_choice, tools: told };
}
