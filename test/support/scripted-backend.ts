import type { Backend, Call } from '../../src/backends/backend.ts';
import type { ChatEvent, ReplyProgress, ToolCall, Turn, Usage } from '../../src/canonical/index.ts';

/** A reply that a test gives step by step. */
export interface ScriptedReply {
  readonly turn: Turn;
  readonly call: Call;
  say(...progress: ReplyProgress[]): void;
  end(usage?: Usage): void;
  /** Ends with calls of the client's tools. */
  callTools(calls: readonly ToolCall[]): void;
  fail(error: Error): void;
}

/** A backend that says what a test tells it to, when it is told. It obeys the abort signal, as backends must. */
export function createScriptedBackend(name = 'scripted') {
  const asked: ScriptedReply[] = [];
  const waiting: ((reply: ScriptedReply) => void)[] = [];
  let taken = 0;

  const backend: Backend = {
    name,
    async *answer(turn, { replyId }, call) {
      const steps: (readonly ChatEvent[] | Error)[] = [[{ type: 'reply-start', replyId }]];
      let wake = (): void => undefined;
      const push = (step: readonly ChatEvent[] | Error): void => {
        steps.push(step);
        wake();
      };
      call.signal.addEventListener('abort', () => push(call.signal.reason as Error));
      const reply: ScriptedReply = {
        turn,
        call,
        say: (...progress) => push(progress),
        end: (usage) => push([{ type: 'reply-end', finishReason: 'stop', ...(usage && { usage }) }]),
        callTools: (calls) => push([{ type: 'reply-end', finishReason: 'tool-calls', calls }]),
        fail: push,
      };
      asked.push(reply);
      waiting.shift()?.(reply);
      for (;;) {
        const step = steps.shift();
        if (step instanceof Error) throw step;
        if (step === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          continue;
        }
        yield step;
        if (step.at(-1)?.type === 'reply-end') return;
      }
    },
  };

  return {
    backend,
    /** Every reply that was asked for. */
    asked,
    /** The next reply that nobody has taken yet, as soon as it is asked for. */
    next(): Promise<ScriptedReply> {
      const ready = asked[taken];
      taken += 1;
      return ready !== undefined ? Promise.resolve(ready) : new Promise((resolve) => waiting.push(resolve));
    },
  };
}
