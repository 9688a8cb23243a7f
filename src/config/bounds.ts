import { defined } from '../canonical/index.ts';
import type { Bounds, LimitsConfig } from './config.ts';
import type { WrittenConfig } from './written.ts';

/** Our choice: a hundred calls a second, for a minute, are more than anybody's browser makes, or than an office behind one address. */
const defaultAddress = { points: 6_000, seconds: 60 };
const defaultFailures = { points: 100, seconds: 60 };

/** Our choice: what a process of a few hundred megabytes carries. */
export const defaultBounds: Bounds = {
  connections: 20_000,
  connectionsPerAddress: 4_096,
  calls: 2_000,
  followersPerConversation: 100,
  followers: 20_000,
  unknownSessions: 300,
  bodyBytes: 1_048_576,
};

/** Limits and bounds with every default in place. */
export function resolveBounds({
  address = defaultAddress,
  ...written
}: NonNullable<WrittenConfig['limits']>): LimitsConfig {
  const limit = address === 'off' ? undefined : { ...address, isShared: address !== defaultAddress };
  return { ...defined({ address: limit }), failedAuthentications: defaultFailures, ...defaultBounds, ...written };
}

/** What one address may ask, in words for the start. */
export function describeLimits({ address, connections, calls, followers }: LimitsConfig): string {
  const asked = address === undefined ? 'any number of calls' : `${address.points} calls in ${address.seconds} s`;
  return `limits: ${asked} of one address; ${connections} connections, ${calls} calls and ${followers} followers at a time`;
}
