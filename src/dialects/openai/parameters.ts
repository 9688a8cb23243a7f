import {
  type Demand,
  defined,
  type Json,
  type JsonObject,
  type ModelParameters,
  type Turn,
} from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';
import type { ChatBody, ResponseFormat } from './wire.ts';

/** Of JSON text, in UTF-8: the parameters are kept with the message. Our choice. */
const maxParameterBytes = 65_536;

/** What only this dialect says of a turn stands under its name in `extra`: another's words are not sent on as parameters. */
const own = 'openai';

/** What the turn itself holds; and the functions of old, which agents do not call. Our choice. */
const saidElsewhere: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'stream',
  'user',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'functions',
  'function_call',
  'temperature',
  'top_p',
  'max_tokens',
  'max_completion_tokens',
  'stop',
  'seed',
  'reasoning_effort',
  'response_format',
]);

/** The wire's names of what a client may ask of a model. */
export const demandNames: Readonly<Record<Demand, string>> = {
  temperature: 'temperature',
  topP: 'top_p',
  maxTokens: 'max_tokens',
  stop: 'stop',
  seed: 'seed',
  reasoningEffort: 'reasoning_effort',
  responseFormat: 'response_format',
  tools: 'tools',
  toolChoice: 'tool_choice',
};

/** The fields of a body but these; `undefined` if there are none. Throws `invalid-request` where they take too much. */
export function fieldsBut(
  others: ReadonlySet<string>,
  body: Readonly<Record<string, unknown>>,
): JsonObject | undefined {
  const names = Object.keys(body).filter((name) => !others.has(name));
  if (names.length === 0) return undefined;
  const rest = Object.fromEntries(names.map((name) => [name, body[name]]));
  if (Buffer.byteLength(JSON.stringify(rest)) > maxParameterBytes) {
    throw new GatewayError('invalid-request', `The parameters take more than ${maxParameterBytes} bytes of JSON`);
  }
  return rest as JsonObject; // fields of a body that was JSON
}

/** Everything in a body that only this dialect can say, and what clients will think of next. */
export const extraParameters = {
  decode(body: ChatBody): JsonObject | undefined {
    const rest = fieldsBut(saidElsewhere, body);
    return rest && { [own]: rest };
  },
  /** An upstream tells its usage in a stream only where it is asked to. */
  encode({ extra, delivery }: Pick<Turn, 'extra' | 'delivery'>): JsonObject {
    const given = objectOf(extra?.[own]);
    if (delivery === 'whole') return given;
    return { ...given, stream_options: { ...objectOf(given['stream_options']), include_usage: true } };
  },
};

/** What is asked of the model, whatever the model is; absent where nothing is. `null` is what is not said. */
export const modelParameters = {
  decode(body: ChatBody): ModelParameters | undefined {
    const stop = typeof body.stop === 'string' ? [body.stop] : body.stop;
    const parameters: ModelParameters = defined({
      temperature: body.temperature ?? undefined,
      topP: body.top_p ?? undefined,
      maxTokens: body.max_completion_tokens ?? body.max_tokens ?? undefined,
      stop: stop && stop.length > 0 ? stop : undefined,
      seed: body.seed ?? undefined,
      reasoningEffort: body.reasoning_effort ?? undefined,
      responseFormat: responseFormat.decode(body.response_format),
    });
    return Object.keys(parameters).length === 0 ? undefined : parameters;
  },
  /** `max_tokens`, which every server knows; the newest of the vendor's own models want another name, and say so. */
  encode: (parameters: ModelParameters): Partial<ChatBody> =>
    defined({
      temperature: parameters.temperature,
      top_p: parameters.topP,
      max_tokens: parameters.maxTokens,
      stop: parameters.stop,
      seed: parameters.seed,
      reasoning_effort: parameters.reasoningEffort,
      response_format: parameters.responseFormat && responseFormat.encode(parameters.responseFormat),
    }),
};

/** How this wire writes the form of an answer. Text is the form of one that nobody asked for. */
export const responseFormat = {
  decode(format: ResponseFormat | null | undefined): ModelParameters['responseFormat'] {
    if (!format) return undefined;
    if (format.type !== 'json_schema') return format.type === 'json_object' ? { type: 'json' } : undefined;
    return jsonSchemaOf(format.json_schema);
  },
  encode(format: NonNullable<ModelParameters['responseFormat']>): ResponseFormat {
    if (format.type === 'json') return { type: 'json_object' };
    const { type: _type, ...rest } = format;
    return { type: 'json_schema', json_schema: rest };
  },
};

type JsonSchemaFormat = Extract<ResponseFormat, { type: 'json_schema' }>['json_schema'];

/** A form by a schema, as either of the vendor's wires describes it. */
export const jsonSchemaOf = ({
  name,
  schema,
  description,
  strict,
}: JsonSchemaFormat): ModelParameters['responseFormat'] =>
  defined({
    type: 'json-schema' as const,
    name,
    schema: schema ?? undefined,
    description: description ?? undefined,
    strict: strict ?? undefined,
  });

/** Whether the caller asked for the usage at the end of a stream. */
export function wantsUsage({ extra }: Pick<Turn, 'extra'>): boolean {
  return objectOf(objectOf(extra?.[own])['stream_options'])['include_usage'] === true;
}

/** The value if it is an object; an empty one otherwise. */
export function objectOf(value: Json | undefined): JsonObject {
  const isObject = (json: Json | undefined): json is JsonObject =>
    typeof json === 'object' && json !== null && !Array.isArray(json);
  return isObject(value) ? value : {};
}
