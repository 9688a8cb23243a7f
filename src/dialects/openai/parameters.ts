import type { Json, JsonObject, Turn } from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';
import type { ChatBody } from './wire.ts';

/** Of JSON text, in UTF-8: the parameters are kept with the message. Our choice. */
const maxParameterBytes = 65_536;

/** What only this dialect says of a turn stands under its name in `extra`: another's words are not sent on as parameters. */
const own = 'openai';

/**
 * What the turn itself holds, and tools. Agents call no tools of the client's, so that those are known and left out; `auto` leaves
 * the choice to the model. Our choice.
 */
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
]);

/** Everything in a body that no other dialect could say: sampling, the form of the answer, and what clients will think of next. */
export const parameters = {
  decode(body: ChatBody): JsonObject | undefined {
    const rest = Object.fromEntries(Object.entries(body).filter(([name]) => !saidElsewhere.has(name)));
    if (Object.keys(rest).length === 0) return undefined;
    if (Buffer.byteLength(JSON.stringify(rest)) > maxParameterBytes) {
      throw new GatewayError('invalid-request', `The parameters take more than ${maxParameterBytes} bytes of JSON`);
    }
    return { [own]: rest as JsonObject }; // fields of a body that was JSON
  },
  /** An upstream tells its usage in a stream only where it is asked to. */
  encode({ extra, delivery }: Pick<Turn, 'extra' | 'delivery'>): JsonObject {
    const given = objectOf(extra?.[own]);
    if (delivery === 'whole') return given;
    return { ...given, stream_options: { ...objectOf(given['stream_options']), include_usage: true } };
  },
};

/** Whether the caller asked for the usage at the end of a stream. */
export function wantsUsage({ extra }: Pick<Turn, 'extra'>): boolean {
  return objectOf(objectOf(extra?.[own])['stream_options'])['include_usage'] === true;
}

function objectOf(value: Json | undefined): JsonObject {
  const isObject = (json: Json | undefined): json is JsonObject =>
    typeof json === 'object' && json !== null && !Array.isArray(json);
  return isObject(value) ? value : {};
}
