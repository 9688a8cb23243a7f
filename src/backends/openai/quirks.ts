import { fieldsOf, listIn } from '../../dialects/json.ts';
import { type Body, createQuirks, without } from '../language-model/index.ts';

/** What a server does not take of the usual request, and how it is asked instead. */
export type Quirk =
  | 'no-stream-options'
  | 'no-stream'
  | 'max-completion-tokens'
  | 'max-tokens'
  | 'no-temperature'
  | 'no-tool-choice'
  | 'no-parallel-tool-calls'
  | 'no-top-p'
  | 'no-stop'
  | 'no-seed'
  | 'no-reasoning-effort'
  | 'system-as-developer'
  | 'system-as-user'
  | 'empty-content';

const renamed = (name: string, other: string) => ({
  has: (body: Body) => body[name] !== undefined,
  bend: ({ [name]: value, ...rest }: Body): Body => (value === undefined ? rest : { ...rest, [other]: value }),
});

const messagesIn = ({ messages }: Body): readonly Body[] => listIn(messages).map((message) => fieldsOf(message));
const isSystem = ({ role }: Body): boolean => role === 'system' || role === 'developer';

const ofSystem = /\bsystem\b|\bdeveloper\b|messages(?:\[0\]|\.0)\.role|\brole\b/i;

/** In the order in which a refusal is looked through: the longer names first. */
export const quirks = createQuirks<Quirk>([
  { quirk: 'no-stream-options', names: /stream_options|include_usage/i, ...without('stream_options') },
  {
    quirk: 'max-tokens',
    names: /max_completion_tokens(?!.*instead)/i,
    ...renamed('max_completion_tokens', 'max_tokens'),
  },
  { quirk: 'max-completion-tokens', names: /max_tokens/i, ...renamed('max_tokens', 'max_completion_tokens') },
  { quirk: 'no-temperature', names: /temperature/i, ...without('temperature') },
  {
    quirk: 'no-tool-choice',
    names: /tool_choice/i,
    // A call that is demanded is not left to chance.
    has: ({ tool_choice: choice }) => choice === 'auto' || choice === 'none',
    bend: ({ tool_choice: choice, ...rest }) =>
      choice === 'auto' || choice === 'none' || choice === undefined ? rest : { ...rest, tool_choice: choice },
  },
  { quirk: 'no-top-p', names: /top_p/i, ...without('top_p') },
  { quirk: 'no-stop', names: /\bstop\b/i, ...without('stop') },
  { quirk: 'no-seed', names: /\bseed\b/i, ...without('seed') },
  { quirk: 'no-reasoning-effort', names: /reasoning_effort/i, ...without('reasoning_effort') },
  { quirk: 'no-parallel-tool-calls', names: /parallel_tool_calls/i, ...without('parallel_tool_calls') },
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
    quirk: 'no-stream',
    names: /\bstream(?:ing)?\b/i,
    has: ({ stream }) => stream === true,
    bend: ({ stream_options: _, ...body }) => ({ ...body, stream: false }),
  },
]);

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
