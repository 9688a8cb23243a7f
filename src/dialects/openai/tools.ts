import { type ClientTool, type ClientTools, defined, type ToolCall } from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';
import type { ChatBody, WireTool, WireToolCall } from './wire.ts';

/** The tools that a client brings. Throws as `clientToolsOf` does. */
export const clientTools = {
  decode({ tools: listed, tool_choice: choice, parallel_tool_calls: parallel }: ChatBody): ClientTools | undefined {
    return clientToolsOf({
      offered: (listed ?? []).map(decodeTool),
      choice: typeof choice === 'object' && choice !== null ? { name: choice.function.name } : choice,
      parallel,
    });
  },
  encode({ offered, choice, parallel }: ClientTools): Pick<ChatBody, 'tools' | 'tool_choice' | 'parallel_tool_calls'> {
    return defined({
      tools: offered.map(encodeTool),
      tool_choice: typeof choice === 'string' ? choice : { type: 'function' as const, function: { name: choice.name } },
      parallel_tool_calls: parallel,
    });
  },
};

/** Tools as they came. None at all, and `null`, say the same. Throws `invalid-request` where one is demanded that is not there. */
export function clientToolsOf({
  offered,
  choice,
  parallel,
}: {
  readonly offered: readonly ClientTool[];
  readonly choice: ClientTools['choice'] | null | undefined;
  readonly parallel: boolean | null | undefined;
}): ClientTools | undefined {
  refuseMissing(offered, choice ?? 'auto');
  if (offered.length === 0) return undefined;
  return defined({ offered, choice: choice ?? 'auto', parallel: parallel ?? undefined });
}

function refuseMissing(offered: readonly ClientTool[], choice: ClientTools['choice']): void {
  const named = typeof choice === 'object' ? choice.name : undefined;
  const isThere = named === undefined ? offered.length > 0 : offered.some(({ name }) => name === named);
  if (isThere || (named === undefined && choice !== 'required')) return;
  const message = 'is only allowed where tools has the tool';
  const violation = { path: ['body', 'tool_choice'], rule: 'tools', params: {}, value: choice, message };
  throw new GatewayError('invalid-request', 'The tool that is demanded is not there', { violations: [violation] });
}

const decodeTool = ({ function: tool }: WireTool): ClientTool => toolOf(tool);

/** A tool as either of the vendor's wires describes it. `null` is what is not said. */
export const toolOf = ({ name, description, parameters, strict }: WireTool['function']): ClientTool =>
  defined({
    name,
    description: description ?? undefined,
    parameters: parameters ?? undefined,
    strict: strict ?? undefined,
  });

const encodeTool = (tool: ClientTool): WireTool => ({ type: 'function', function: tool });

/** A call in a message. Servers leave out what they think can be guessed. */
export const toolCalls = {
  decode: ({ id, function: { name, arguments: given } }: WireToolCall): ToolCall => ({
    id: id ?? name ?? '',
    name: name ?? '',
    arguments: given ?? '',
  }),
  encode: ({ id, name, arguments: given }: ToolCall): WireToolCall => ({
    id,
    type: 'function',
    function: { name, arguments: given },
  }),
};
