import { Counter, Gauge, type Registry } from 'prom-client';
import { errorCodes } from '../errors/index.ts';
import { createHistogram } from './histogram.ts';
import { createTokenCounter } from './load-metrics.ts';

/** Bounds of histograms of seconds. Our choice: from a lookup to the longest reply. */
export const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** Why a backend was not asked. */
export type Refusal = 'breaker' | 'concurrent';

/** Counts what becomes of one backend's replies. */
export interface BackendCounts {
  /** A reply is being given; it is over when the function that is returned is called. */
  opened(): () => void;
  /** The backend was asked, and this came of it: `ok` or an error code. */
  attempted(attempt: { readonly code: string; readonly seconds: number }): void;
  /** Its reply took so many tokens, as far as it tells. */
  tokens(used: { readonly inputTokens?: number; readonly outputTokens?: number }): void;
  firstContent(seconds: number): void;
  retried(): void;
  /** Another backend was asked in its place. */
  switched(to: string): void;
  refused(reason: Refusal): void;
  breaker(state: 'open' | 'closed'): void;
  /** Its server wants to be asked in another way: one of the words of its wire for that. */
  learnt(quirk: string): void;
  /** Its breaker is told of no more: another backend has its name now, or none. */
  retire(): void;
}

/**
 * The counts of the backend of that name, and of the model that it is configured with, where it has one. One that is made of others counts
 * no tokens: they do. Asked for once a backend, not once a reply.
 */
export type BackendMetrics = (backend: string, of?: { readonly model: string }) => BackendCounts;

/** Counts of backends in a registry. Names of backends come from the configuration alone. */
export function createBackendMetrics(registry: Registry): BackendMetrics {
  const metrics = register([registry]);
  return (backend, of) => {
    const tokensIn = of && metrics.tokens.labels(backend, of.model, 'input');
    const tokensOut = of && metrics.tokens.labels(backend, of.model, 'output');
    const open = metrics.open.labels(backend);
    const seconds = metrics.seconds(backend);
    const firstContents = metrics.firstContents(backend);
    const breakers = metrics.breakers.labels(backend);
    const retries = metrics.retries.labels(backend);
    breakers.inc(0); // an alert needs a value before the first failure
    let isRetired = false;
    retries.inc(0);
    const codes = ['ok', ...Object.keys(errorCodes)];
    const attempts = new Map(codes.map((code) => [code, metrics.attempts.labels(backend, code)]));
    return {
      opened() {
        open.inc();
        return () => open.dec();
      },
      attempted({ code, seconds: taken }) {
        attempts.get(code)?.inc();
        seconds.observe(taken);
      },
      tokens({ inputTokens = 0, outputTokens = 0 }) {
        if (isCount(inputTokens)) tokensIn?.inc(inputTokens);
        if (isCount(outputTokens)) tokensOut?.inc(outputTokens);
      },
      firstContent: (taken) => firstContents.observe(taken),
      retried: () => retries.inc(),
      switched: (to) => metrics.switches.labels(backend, to).inc(),
      refused: (reason) => metrics.refusals.labels(backend, reason).inc(),
      learnt: (quirk) => metrics.quirks.labels(backend, quirk).inc(),
      breaker(state) {
        if (!isRetired) breakers.set(state === 'open' ? 1 : 0);
      },
      retire() {
        isRetired = true;
        breakers.set(0);
      },
    };
  };
}

/** A server may tell anything: a counter throws on what is none. */
const isCount = (told: number): boolean => Number.isFinite(told) && told >= 0;

function register(registers: Registry[]) {
  const byBackend = { labelNames: ['backend'], registers };
  return {
    tokens: createTokenCounter(registers),
    attempts: new Counter({
      name: 'dragoman_backend_attempts_total',
      help: 'Times that a backend was asked, by what came of it',
      labelNames: ['backend', 'code'],
      registers,
    }),
    seconds: createHistogram(
      {
        name: 'dragoman_backend_seconds',
        help: 'From asking a backend to the end of what came of it',
        labelNames: ['backend'],
        buckets: secondsBuckets,
      },
      registers,
    ),
    firstContents: createHistogram(
      {
        name: 'dragoman_backend_first_event_seconds',
        help: 'From asking a backend to the first words, items or suggestions of its reply',
        labelNames: ['backend'],
        buckets: secondsBuckets,
      },
      registers,
    ),
    open: new Gauge({ name: 'dragoman_backend_open', help: 'Replies that a backend is giving', ...byBackend }),
    breakers: new Gauge({
      name: 'dragoman_breaker_open',
      help: '1 while a backend is left alone after its failures',
      aggregator: 'max',
      ...byBackend,
    }),
    retries: new Counter({
      name: 'dragoman_backend_retries_total',
      help: 'Times that a backend was asked again within one reply',
      ...byBackend,
    }),
    switches: new Counter({
      name: 'dragoman_backend_switches_total',
      help: 'Replies that another backend was asked for, since the first had failed',
      labelNames: ['backend', 'to'],
      registers,
    }),
    quirks: new Counter({
      name: 'dragoman_backend_quirks_total',
      help: 'What a backend was found out not to take of the usual request',
      labelNames: ['backend', 'quirk'],
      registers,
    }),
    refusals: new Counter({
      name: 'dragoman_backend_refusals_total',
      help: 'Replies that a backend was not asked for, by why',
      labelNames: ['backend', 'reason'],
      registers,
    }),
  };
}
