import { pino } from 'pino';
import type { Backend } from '../../../src/backends/backend.ts';
import { watchBackends } from '../../../src/backends/watch.ts';
import { withGuards } from '../../../src/backends/with-guards.ts';
import type { ChatEvent } from '../../../src/canonical/index.ts';
import type { BackendSettings, GuardsConfig } from '../../../src/config/index.ts';
import { toGatewayError } from '../../../src/errors/index.ts';
import { createMetrics } from '../../../src/observability/metrics.ts';
import { callOf, contextOf, turnOf } from './catalog/conversation.ts';

/** A watch whose counts and log lines a test can look at. */
export function createTestWatch() {
  const metrics = createMetrics();
  const logged: Record<string, unknown>[] = [];
  const log = pino({ base: null }, { write: (line) => logged.push(JSON.parse(line) as Record<string, unknown>) });
  return {
    watch: watchBackends({ metrics: metrics.backends, log }),
    logged,
    /** The samples of a metric whose labels fit, summed up. */
    async count(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
      const values = (await metrics.registry.getSingleMetric(name)?.get())?.values ?? [];
      return values
        .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
        .reduce((sum, { value }) => sum + value, 0);
    },
  };
}

/** A backend behind guards that a test chooses; none unless it does. */
export function guard(
  backend: Backend,
  guards: Partial<GuardsConfig> = {},
  {
    type = 'upstream',
    watch = createTestWatch().watch,
  }: { readonly type?: BackendSettings['type']; readonly watch?: ReturnType<typeof createTestWatch>['watch'] } = {},
): Backend {
  return withGuards(backend, { type, guards: { timeouts: {}, ...guards }, watch: watch(backend.name) });
}

/** What a reader made of a reply. */
export interface Heard {
  readonly batches: readonly (readonly ChatEvent[])[];
  readonly text: string;
  /** The code that it failed with; absent where it ended well. */
  readonly code?: string;
}

export interface Asking {
  readonly signal?: AbortSignal;
  readonly conversationId?: string;
}

/** The stream that answers a turn. */
export function ask(backend: Backend, { signal, conversationId }: Asking = {}) {
  const context = contextOf([]);
  const conversation = { ...context.conversation, ...(conversationId && { id: conversationId }) };
  return backend.answer(turnOf('Hello'), { ...context, conversation }, callOf(signal));
}

/** Reads all of an answer. */
export async function hear(backend: Backend, asking?: Asking): Promise<Heard> {
  const batches: (readonly ChatEvent[])[] = [];
  const text = () =>
    batches.flatMap((batch) => batch.map((event) => (event.type === 'text-delta' ? event.text : ''))).join('');
  try {
    for await (const batch of ask(backend, asking)) batches.push(batch);
    return { batches, text: text() };
  } catch (thrown) {
    return { batches, text: text(), code: toGatewayError(thrown).code };
  }
}

/** What a backend does when it is asked: says steps, one batch each, and fails with an error among them. */
export type Plan = readonly (readonly ChatEvent[] | Error)[];

/** A backend that carries out its plans, one a call, the last one again and again; `asked` counts the calls. */
export function createPlannedBackend(name: string, ...plans: Plan[]): Backend & { asked: number } {
  const backend = {
    name,
    asked: 0,
    async *answer() {
      const plan = plans[Math.min(backend.asked, plans.length - 1)] ?? [];
      backend.asked += 1;
      for (const step of plan) {
        await Promise.resolve();
        if (step instanceof Error) throw step;
        yield step;
      }
    },
  };
  return backend;
}

export const started: ChatEvent = { type: 'reply-start', replyId: 'reply' };
export const typing: ChatEvent = { type: 'typing' };
export const ended: ChatEvent = { type: 'reply-end', finishReason: 'stop' };
export const say = (text: string): ChatEvent => ({ type: 'text-delta', text });
/** A whole reply. */
export const saying = (text: string): Plan => [[started], [say(text)], [ended]];
