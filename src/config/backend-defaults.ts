import { defined } from '../canonical/index.ts';
import type { BackendConfig, BackendSettings, GuardsConfig, Timeouts } from './backends.ts';
import { readDuration } from './duration.ts';
import type { Environment } from './environment.ts';
import { proxyOf } from './proxy.ts';
import type { WrittenBackend, WrittenGuards, WrittenTimeouts } from './written.ts';

interface Surroundings {
  /** What holds where a backend says nothing. */
  readonly timeouts: Timeouts;
  absolute(path: string): string;
  readonly env: Environment;
}

/** A backend with every default in place and every path absolute. */
export function resolveBackend(written: WrittenBackend, { timeouts, absolute, env }: Surroundings): BackendConfig {
  const { timeouts: own, retry, breaker, concurrent, ...settings } = written;
  const guards = resolveGuards(defined({ timeouts: own, retry, breaker, concurrent }), {
    timeouts,
    kind: kindOf(settings.type),
  });
  const pem = (text: string | undefined) => (text === undefined || isPem(text) ? text : absolute(text));
  switch (settings.type) {
    case 'catalog':
      return defined({ ...settings, questions: settings.questions && absolute(settings.questions), ...guards });
    case 'openai':
    case 'anthropic': {
      const { proxy: configured, ...rest } = settings;
      const proxy = proxyOf({ baseUrl: rest.baseUrl, configured, env });
      return {
        tools: true,
        reasoning: 'hide',
        pageQuery: false,
        images: { hosts: [] },
        headers: {},
        apiKeys: [],
        body: {},
        query: {},
        streaming: 'auto',
        vision: true,
        ...rest,
        ...defined({ proxy, ca: pem(settings.ca), cert: pem(settings.cert), key: pem(settings.key) }),
        history: { messages: 50, characters: 40_000, ...settings.history },
        ...guards,
      };
    }
    case 'upstream':
      return { streaming: true, sessions: 'own', headers: {}, images: { hosts: [] }, ...settings, ...guards };
    case 'module':
      return { options: {}, ...settings, path: absolute(settings.path), ...guards };
    case 'fallback':
    case 'weighted':
      return { ...settings, ...guards };
    default:
      return settings satisfies never;
  }
}

/** Whether a text is a certificate or a key itself, and no path of one. */
export const isPem = (text: string): boolean => text.startsWith('-----BEGIN ');

type Kind = 'local' | 'remote' | 'combined';

function kindOf(type: BackendSettings['type']): Kind {
  if (type === 'fallback' || type === 'weighted') return 'combined';
  return type === 'catalog' || type === 'module' ? 'local' : 'remote';
}

/**
 * A backend of backends has only the guards that it is given: those below it have their own, and a time of its own would be up
 * when the first of them has used it. What answers in this process is not asked twice, nor left alone. Our choice.
 */
function resolveGuards(written: WrittenGuards, { timeouts, kind }: { timeouts: Timeouts; kind: Kind }): GuardsConfig {
  const { retry, breaker, concurrent } = written;
  const isRemote = kind === 'remote';
  return defined({
    timeouts: { ...(kind === 'combined' ? {} : timeouts), ...resolveTimeouts(written.timeouts) },
    retry:
      retry || isRemote ? { attempts: retry?.attempts ?? 2, waitMs: readDuration(retry?.wait ?? '250ms') } : undefined,
    breaker:
      breaker || isRemote
        ? { failures: breaker?.failures ?? 5, restMs: readDuration(breaker?.rest ?? '30s') }
        : undefined,
    concurrent,
  });
}

/** The times that are written, in milliseconds. */
export function resolveTimeouts({ connect, firstEvent, idle, total }: WrittenTimeouts = {}): Timeouts {
  const read = (text: string | undefined) => (text === undefined ? undefined : readDuration(text));
  return defined({
    connectMs: read(connect),
    firstEventMs: read(firstEvent),
    idleMs: read(idle),
    totalMs: read(total),
  });
}
