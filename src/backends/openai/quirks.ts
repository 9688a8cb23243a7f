import { isDeepStrictEqual } from 'node:util';
import { fieldsOf, listIn } from '../../dialects/json.ts';
import { type Bend, type Body, createQuirks, noTemperature, without } from '../language-model/index.ts';

/** What a server does not take of the usual request, and how it is asked instead. */
export type Quirk =
  | 'no-stream-options'
  | 'no-stream'
  | 'stream-alone'
  | 'plain-messages'
  | 'reasoning-told'
  | 'no-strict'
  | 'max-completion-tokens'
  | 'max-tokens'
  | 'no-temperature'
  | 'no-tool-choice'
  | 'system-as-developer'
  | 'system-as-user'
  | 'empty-content';

const renamed = (name: string, other: string) => ({
  has: (body: Body) => body[name] !== undefined,
  bend: ({ [name]: value, ...rest }: Body): Body => (value === undefined ? rest : { ...rest, [other]: value }),
});

/** A refusal that is about a bound's name: how high it may be says nothing of the server, for a client may have asked for too much. */
const ofName =
  '^(?!.*(?:too (?:large|small|high|low|big|many)|at (?:most|least)|must be|invalid[_ ]value|greater|less than|exceed|maximum|minimum|between|range)).*';

const messagesIn = ({ messages }: Body): readonly Body[] => listIn(messages).map((message) => fieldsOf(message));
const isSystem = ({ role }: Body): boolean => role === 'system' || role === 'developer';

/** Templates of models refuse in words of their own. */
const ofSystem =
  /\bsystem\b|\bdeveloper\b|messages(?:\[0\]|\.0)\.role|\brole\b|only user and assistant|roles must alternate/i;

const isAnswer = ({ role }: Body): boolean => role === 'assistant';
const mapAnswers = (body: Body, map: (answer: Body) => Body): Body => ({
  ...body,
  messages: messagesIn(body).map((message) => (isAnswer(message) ? map(message) : message)),
});

/** A server's own message as any server takes it. */
const plainAnswer = ({ role, content, tool_calls: calls }: Body): Body => ({
  role,
  content,
  ...(Array.isArray(calls) && {
    tool_calls: calls.map((call) => {
      const { id, type, function: called } = fieldsOf(call);
      return { id, type, function: called };
    }),
  }),
});

/** Whether reasoning is to be told that the server itself did not tell. */
const lacksReasoning = ({ reasoning_content: reasoning, tool_calls: calls }: Body): boolean =>
  calls !== undefined && (reasoning === undefined || reasoning === '');

const mapTools = ({ tools, ...body }: Body, map: (tool: Body) => Body): Body => ({
  ...body,
  ...(tools !== undefined && {
    tools: listIn(tools).map((tool) => ({
      ...fieldsOf(tool),
      function: map(fieldsOf(fieldsOf<'function'>(tool).function)),
    })),
  }),
});

/** How refusals name what a client may wish for. */
const wishes = {
  // Of how many, not of the name.
  maxTokens:
    /^(?!.*(?:unsupported parameter|instead)).*max_\w*tokens.*(?:too large|too high|at most|valid range|maximum|less than|exceed|must be|invalid[_ ]value)/is,
  temperature: /temperature/i,
  topP: /top_p/i,
  stop: /\bstop\b/i,
  seed: /\bseed\b/i,
  reasoningEffort: /reasoning_effort/i,
  parallel: /parallel_tool_calls/i,
};

/** In the order in which a refusal is looked through: the longer names first. */
const bends: readonly Bend<Quirk>[] = [
  { quirk: 'no-stream-options', names: /stream_options|include_usage/i, ...without('stream_options') },
  {
    quirk: 'max-tokens',
    names: new RegExp(`${ofName}max_completion_tokens(?!.*instead)`, 'is'),
    ...renamed('max_completion_tokens', 'max_tokens'),
  },
  {
    quirk: 'max-completion-tokens',
    names: new RegExp(`${ofName}max_tokens`, 'is'),
    ...renamed('max_tokens', 'max_completion_tokens'),
  },
  noTemperature,
  {
    quirk: 'reasoning-told',
    names: /reasoning[_ ]?content.*(?:missing|must be|include)|(?:missing|must include).*reasoning[_ ]?content/is,
    has: (body) => messagesIn(body).some((message) => isAnswer(message) && lacksReasoning(message)),
    // Some take no empty text for it.
    bend: (body) =>
      mapAnswers(body, (answer) => (lacksReasoning(answer) ? { ...answer, reasoning_content: ' ' } : answer)),
  },
  {
    quirk: 'plain-messages',
    names:
      /^(?=.*\bmessages?\b)(?=.*(?:unsupported|not (?:supported|permitted|allowed)|extra|unknown|unrecogni[sz]ed|unexpected))/is,
    has: (body) =>
      messagesIn(body).some((message) => isAnswer(message) && !isDeepStrictEqual(plainAnswer(message), message)),
    bend: (body) => mapAnswers(body, plainAnswer),
  },
  {
    quirk: 'no-strict',
    names: /\bstrict\b/i,
    has: ({ tools }) =>
      listIn(tools).some((tool) => fieldsOf<'strict'>(fieldsOf<'function'>(tool).function).strict !== undefined),
    bend: (body) => mapTools(body, ({ strict: _, ...tool }) => tool),
  },
  {
    quirk: 'no-tool-choice',
    names: /tool_choice/i,
    // A call that is demanded is not left to chance.
    has: ({ tool_choice: choice }) => choice === 'auto' || choice === 'none',
    bend: ({ tool_choice: choice, ...rest }) =>
      choice === 'auto' || choice === 'none' || choice === undefined ? rest : { ...rest, tool_choice: choice },
  },
  {
    quirk: 'system-as-developer',
    names: ofSystem,
    has: (body) => messagesIn(body).some(({ role }) => role === 'system'),
    bend: (body) => ({
      ...body,
      messages: messagesIn(body).map((message) => (isSystem(message) ? { ...message, role: 'developer' } : message)),
    }),
  },
  {
    quirk: 'system-as-user',
    names: ofSystem,
    has: (body) => messagesIn(body).some(isSystem),
    bend: (body) => ({ ...body, messages: systemInto(messagesIn(body)) }),
  },
  {
    quirk: 'empty-content',
    names: /\bcontent\b/i,
    has: (body) => messagesIn(body).some(({ content }) => content === null),
    bend: (body) => ({
      ...body,
      messages: messagesIn(body).map((message) =>
        message['content'] === null ? { ...message, content: '' } : message,
      ),
    }),
  },
  {
    quirk: 'stream-alone',
    names: /\bstream(?:ing)? mode|streaming is required|only supports? stream|non-stream/i,
    has: ({ stream }) => stream === false,
    bend: (body) => ({ ...body, stream: true }),
  },
  {
    quirk: 'no-stream',
    names: /\bstream(?:ing)?\b/i,
    has: ({ stream }) => stream === true,
    bend: ({ stream_options: _, ...body }) => ({ ...body, stream: false }),
  },
];

export const quirks = createQuirks(bends, wishes);

/** The system's text as the beginning of what the first user says. */
function systemInto(messages: readonly Body[]): readonly Body[] {
  const rules = messages.filter(isSystem).map(({ content }) => content);
  const others = messages.filter((message) => !isSystem(message));
  const at = others.findIndex(({ role }) => role === 'user');
  return others.map((message, place) => {
    if (place !== at) return message;
    const { content } = message;
    const text = [...rules, ...(typeof content === 'string' ? [content] : [])].join('\n\n');
    return { ...message, content: typeof content === 'string' ? text : [{ type: 'text', text }, ...listIn(content)] };
  });
}
