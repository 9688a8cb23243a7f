import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Config, isPem } from '../config/index.ts';
import type { Permits } from '../http/permits.ts';
import { serverConnections } from '../network/index.ts';
import type { Reading } from '../observability/load-metrics.ts';
import type { Metrics } from '../observability/metrics.ts';

/** Has metrics tell of what is under way as it is when they are read. `config` is the one in force then. */
export function observe(metrics: Pick<Metrics, 'observe'>, config: () => Config, places: Pick<Permits, 'taken'>): void {
  metrics.observe('placesTaken', () => [
    { labels: { of: 'calls' }, value: places.taken.calls },
    { labels: { of: 'followers' }, value: places.taken.followers },
  ]);
  metrics.observe('placesBound', () => {
    const { calls, followers } = config().limits;
    return [
      { labels: { of: 'calls' }, value: calls },
      { labels: { of: 'followers' }, value: followers },
    ];
  });
  metrics.observe('upstreamConnections', () =>
    serverConnections().flatMap(({ host, ...states }) =>
      Object.entries(states).map(([state, value]) => ({ labels: { host, state }, value })),
    ),
  );
  const certificates = new WeakMap<Config, readonly Reading[]>(); // read once a configuration, as backends do
  metrics.observe('certificates', () => {
    const known = certificates.get(config()) ?? endsOfCertificates(config());
    certificates.set(config(), known);
    return known;
  });
}

/** When our certificates end with which backends are asked, in seconds since the epoch. */
function endsOfCertificates({ backends }: Config): readonly Reading[] {
  return Object.entries(backends).flatMap(([backend, settings]) => {
    const file = 'cert' in settings ? settings.cert : undefined;
    const end = file === undefined ? undefined : endOfCertificate(file);
    return end === undefined ? [] : [{ labels: { backend }, value: end / 1_000 }];
  });
}

/** Of a file, or of a text that is one. */
function endOfCertificate(file: string): number | undefined {
  try {
    return Date.parse(new X509Certificate(isPem(file) ? file : readFileSync(file)).validTo);
  } catch {
    return undefined; // asking with it fails, and is told
  }
}
