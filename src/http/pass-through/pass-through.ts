import type { Config, PassthroughConfig } from '../../config/index.ts';
import type { AddressGuard } from '../../network/index.ts';
import { createOriginProxy, type OriginProxy, type ProxiedOrigin } from './origin-proxy.ts';

/** A part of the paths that an origin has. */
export interface PassRule extends Pick<PassthroughConfig, 'prefix' | 'authenticate'> {
  readonly origin: ProxiedOrigin;
}

/** What is passed through to other servers, and the way there. */
export interface PassThrough extends Pick<OriginProxy, 'send' | 'upgrade'> {
  /** The rule with the longest prefix that the path is, or is below, as it is written. */
  ruleFor(path: string): PassRule | undefined;
  /** An origin that a key or a site may be routed to. */
  origin(name: string): ProxiedOrigin | undefined;
  /** Whether any key or site may be routed to one. */
  readonly hasOrigins: boolean;
  close(): Promise<void>;
}

/** Throws `upstream-rejected` for an origin at an address that may not be reached. */
export function createPassThrough(
  config: Pick<Config, 'origins' | 'passthrough'>,
  addresses: AddressGuard,
): PassThrough {
  const proxy = createOriginProxy(addresses);
  const origins = new Map(
    Object.entries(config.origins).map(([name, origin]) => [name, proxy.origin(origin, { name, has: () => true })]),
  );
  const ruleFor = (path: string) => rules.find(({ prefix }) => path === prefix || path.startsWith(`${prefix}/`));
  const rules = config.passthrough
    .map((rule) => {
      const has = (path: string): boolean => ruleFor(path)?.prefix === rule.prefix;
      return { ...rule, origin: proxy.origin(rule, { name: rule.prefix, has }) };
    })
    .sort((one, other) => other.prefix.length - one.prefix.length);
  return {
    ruleFor,
    origin: (name) => origins.get(name),
    hasOrigins: origins.size > 0,
    send: proxy.send,
    upgrade: proxy.upgrade,
    close() {
      proxy.close();
      return Promise.resolve();
    },
  };
}
