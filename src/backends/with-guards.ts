import { defined, type Turn } from '../canonical/index.ts';
import type { BackendConfig, BackendSettings, GuardsConfig } from '../config/index.ts';
import { GatewayError, toGatewayError } from '../errors/index.ts';
import type { Backend, Call } from './backend.ts';
import { type Admission, createBreaker } from './breaker.ts';
import { forwardsBy } from './capabilities.ts';
import { startDeadline } from './deadline.ts';
import { type Guard, guardedReply } from './guarded-reply.ts';
import { askedAgain } from './retry.ts';
import type { BackendWatch } from './watch.ts';

/** What a backend is guarded with, and by whom it is watched. */
export interface Guarding {
  readonly type: BackendSettings['type'];
  readonly guards: GuardsConfig & { readonly streaming?: boolean | 'auto' | 'always' | 'never' };
  readonly watch: BackendWatch;
  /** What is written down of it where calls are. */
  readonly written?: Guard['written'];
}

/**
 * The same backend within its times, asked again where that does no harm, left alone while it fails, and giving so many replies
 * at once at most. What it says is in order and whole, or fails; a backend that does not heed its signal holds nobody up.
 */
export function withGuards(backend: Backend, { type, guards, watch, written }: Guarding): Backend {
  const { admit, breaker } = createAdmission(guards, watch);
  const guard: Guard = {
    timeouts: guards.timeouts,
    retry: guards.retry && { ...guards.retry, codes: askedAgain[type] },
    watch,
    written: written ?? { name: backend.name, attributes: {} },
    admit,
  };
  // A server that answers whole is silent until it does.
  const { totalMs } = guards.timeouts;
  const wholeGuard: Guard = { ...guard, timeouts: defined({ ...guards.timeouts, firstEventMs: totalMs }) };
  return defined({
    name: backend.name,
    kind: type,
    breaker: breaker && (() => breaker.state()),
    quirks: backend.quirks && (() => backend.quirks?.() ?? []),
    answer(turn, context, call) {
      // It takes no client's place, and what becomes of it opens no circuit before clients.
      if (call.isShadow === true) return backend.answer(turn, context, call);
      return guardedReply(isWhole(type, turn, guards.streaming) ? wholeGuard : guard, {
        call,
        isStreamed: turn.delivery === 'stream',
        ask: (signal, trace) =>
          backend.answer(turn, context, {
            requestId: call.requestId,
            receivedAt: call.receivedAt,
            signal,
            trace,
          }),
      });
    },
    // The wait comes before the reply, whose times do not run yet; it is over after the same time.
    waits:
      backend.waits &&
      ((conversation, turn) =>
        earlier(backend.waits?.(conversation, turn), guards.timeouts.totalMs ?? Number.POSITIVE_INFINITY)),
    carries: backend.carries,
    takes: backend.takes,
    parts: backend.parts,
    forwards: forwardsBy((operation) => {
      const forward = backend.forwards?.[operation];
      return (
        forward &&
        ((input, conversation, call) =>
          guardedForward(guard, call, (signal) => forward(input, conversation, { ...call, signal })))
      );
    }),
    close: backend.close && (async () => backend.close?.()),
  } satisfies { [Key in keyof Backend]-?: Backend[Key] | undefined });
}

const isWhole = (type: Guarding['type'], { delivery }: Turn, streaming: Guarding['guards']['streaming']): boolean =>
  streaming === 'never' ||
  (streaming !== 'always' &&
    delivery === 'whole' &&
    (type === 'openai' || type === 'anthropic' || type === 'upstream'));

const earlier = (waitMs: number | undefined, totalMs: number): number | undefined =>
  waitMs === undefined ? undefined : Math.min(waitMs, totalMs);

/** Whether a backend is to be left as it is: one of backends that have guards of their own, with none of its own. */
export function isUnguarded({ type, timeouts, retry, breaker, concurrent }: BackendConfig): boolean {
  const isOfBackends = type === 'fallback' || type === 'weighted';
  return isOfBackends && Object.keys(timeouts).length === 0 && !retry && !breaker && concurrent === undefined;
}

function createAdmission(
  { breaker: settings, concurrent = Number.POSITIVE_INFINITY }: GuardsConfig,
  watch: BackendWatch,
) {
  const breaker = settings && createBreaker(settings, watch);
  let open = 0;
  const admit = (): Admission => {
    if (open >= concurrent) {
      watch.refused('concurrent');
      throw new GatewayError('upstream-unavailable', `The backend is giving ${concurrent} replies already`);
    }
    const admission = breaker?.admit();
    const close = watch.opened();
    open += 1;
    return {
      contentCame: () => admission?.contentCame(),
      over(error) {
        open -= 1;
        close();
        admission?.over(error);
      },
    };
  };
  return { admit, breaker };
}

/** What a visitor leaves is told as a turn is asked: not to a backend that is left alone, and within the time of a first word. */
async function guardedForward(
  { timeouts, admit }: Guard,
  call: Call,
  run: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  call.signal.throwIfAborted();
  const admission = admit();
  const controller = new AbortController();
  const term = startDeadline({ signal: call.signal, totalMs: timeouts.firstEventMs ?? timeouts.totalMs });
  try {
    await new Promise<void>((resolve, reject) => {
      term.interrupts((reason) => {
        controller.abort(reason);
        reject(reason);
      });
      run(controller.signal).then(resolve, reject);
    });
    admission.contentCame();
    admission.over();
  } catch (thrown) {
    const error = toGatewayError(thrown);
    admission.over(error);
    throw error;
  } finally {
    term.close();
  }
}
