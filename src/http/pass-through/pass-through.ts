import type { Config, PassthroughConfig } from '../../config/index.ts';
import type { AddressGuard } from '../../network/index.ts';
import { climbs } from './departure.ts';
import { createOriginProxy, type OriginProxy, type PassedOrigin } from './origin-proxy.ts';

/** A part of the paths that an origin has. */
export interface PassRule extends Pick<PassthroughConfig, 'authenticate'> {
  readonly origin: PassedOrigin;
}

/** What is passed through to other servers, and the way there. */
export interface PassThrough extends Pick<OriginProxy, 'send' | 'upgrade'> {
  /** The rule with the longest prefix that the path is, or is below. A path that climbs is below none. */
  ruleFor(path: string): PassRule | undefined;
  /** An origin that a key or a site may be routed to. */
  origin(name: string): PassedOrigin | undefined;
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
    Object.entries(config.origins).map(([name, settings]) => [name, proxy.origin(name, settings)]),
  );
  const rules = config.passthrough
    .map((rule) => ({ ...rule, origin: proxy.origin(rule.prefix, rule) }))
    .sort((one, other) => other.prefix.length - one.prefix.length);
  return {
    ruleFor: (path) => rules.find(({ prefix }) => path === prefix || (path.startsWith(`${prefix}/`) && !climbs(path))),
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
