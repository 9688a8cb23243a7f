import type { ClientTools } from '../../canonical/index.ts';
import { parseJson } from '../../dialects/json.ts';
import { GatewayError } from '../../errors/index.ts';
import { failed, type Grounding, type ToolOutcome } from './grounding.ts';
import type { ModelRequest, Tool, ToolCall } from './model.ts';

/** So many times the model may look things up; then it has to answer. */
const maxRounds = 4;

/** Of our own tools that a model calls at once, the first ones are run. */
const maxCallsAtOnce = 8;

/** The tools of one answer: ours and the client's. */
export interface Toolbox {
  /** What the model is told of them in a round, the first being 0. */
  telling(round: number): Pick<ModelRequest, 'tools' | 'choice' | 'parallel'>;
  /** Runs our own tools among what is called. Throws `bad-tool-call` where the model has been told before that it calls wrongly. */
  run(calls: readonly ToolCall[]): Promise<Ran>;
}

export interface Ran {
  /** The calls that were run or are handed out, in their order. */
  readonly calls: readonly ToolCall[];
  /** Of those that were run. */
  readonly outcomes: readonly ToolOutcome[];
  /** The places among `calls` of those that the client is to run. */
  readonly handedOut: ReadonlySet<number>;
}

/**
 * A client's tool stands in for one of ours of the same name. While the client demands a call of its own, ours are not offered; where it
 * wants none, its own are not offered beside ours. Our choice.
 */
export function createToolbox(grounding: Grounding, clients: ClientTools | undefined): Toolbox {
  const { offered = [], choice = 'auto', parallel } = clients ?? {};
  const names = new Set(offered.map(({ name }) => name));
  const isDemanded = choice === 'required' || typeof choice === 'object';
  const ours = isDemanded ? [] : grounding.tools.filter(({ name }) => !names.has(name));
  const theirs = choice === 'none' && ours.length > 0 ? [] : offered;
  const tools: readonly Tool[] = [...theirs, ...ours];
  let isTold = false;
  const isOver = (round: number): boolean => tools.length === 0 || round >= maxRounds;
  return {
    telling(round) {
      if (isOver(round) && isDemanded)
        throw new GatewayError('bad-tool-call', 'The model does not call what it has to');
      const called = ours.length > 0 && choice === 'none' ? 'auto' : choice;
      return { tools, choice: isOver(round) ? 'none' : called, ...(parallel !== undefined && { parallel }) };
    },
    async run(made) {
      const theirs = made.filter(({ name }) => names.has(name));
      const wrong = theirs.filter(({ arguments: given }) => !isObject(given));
      if (wrong.length > 0 && isTold)
        throw new GatewayError('bad-tool-call', 'The arguments of a call are no JSON object');
      isTold ||= wrong.length > 0;
      const handedOut = wrong.length > 0 ? [] : theirs.slice(0, parallel === false ? 1 : undefined);
      const own = made.filter(({ name }) => !names.has(name)).slice(0, maxCallsAtOnce);
      const refused = wrong.length > 0 ? theirs : [];
      const run = new Set([...own, ...refused]);
      const outcomes = await Promise.all(
        made
          .filter((call) => run.has(call))
          .map((call) => (names.has(call.name) ? Promise.resolve(refusedCall(call, wrong)) : grounding.run(call))),
      );
      const calls = made.filter((call) => run.has(call) || handedOut.includes(call));
      return { calls, outcomes, handedOut: new Set(handedOut.map((call) => calls.indexOf(call))) };
    },
  };
}

const refusedCall = (call: ToolCall, wrong: readonly ToolCall[]): ToolOutcome =>
  failed(
    call,
    wrong.includes(call) ? 'The arguments are no JSON object' : 'Not run beside a call that is wrong: call it again',
  );

/** Whether a client can read the arguments; none at all are those of a tool that takes none. */
function isObject(given: string): boolean {
  const value = given.trim() === '' ? {} : parseJson(given);
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
