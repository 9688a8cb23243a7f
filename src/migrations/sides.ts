import { hash } from 'node:crypto';
import { type Conversation, defined, type Participant, type Stage } from '../canonical/index.ts';
import type { MigrationConfig } from '../config/index.ts';
import { GatewayError } from '../errors/index.ts';
import type { LiveMigration } from './migrations.ts';

/** Who answers: what did before, or what shall. */
export type Side = 'from' | 'to';

/** Whose the calls of a migration are: one side's, each conversation's own, or nobody's. */
type Whose = Side | 'each' | 'nobody';

const whose: Readonly<Record<Stage, Whose>> = {
  observe: 'from',
  shadow: 'from',
  canary: 'each',
  cutover: 'to',
  retired: 'nobody',
};

/** Whether what answers today is another server, to which calls are passed as they come; a backend does otherwise. */
export const passesOn = ({ config: { from } }: LiveMigration): boolean => 'passthrough' in from;

/** Whose its calls are now; `undefined` while nobody knows where it stands. */
export const whoseNow = ({ standing: { state } }: LiveMigration): Whose | undefined => state && whose[state.stage];

/** Throws `gone` once it is retired, and `store-unavailable` while nobody knows where it stands. */
export function sideOf(migration: LiveMigration): Side | 'each' {
  const side = whoseNow(migration);
  if (side === undefined)
    throw new GatewayError('store-unavailable', 'It is not known yet who answers', { retryAfterMs: 1_000 });
  if (side === 'nobody') throw new GatewayError('gone', 'This API is gone');
  return side;
}

/** Under which a conversation that began in `canary` has its side: no backend can have such a name. */
const markOf = ({ name }: MigrationConfig): string => `migration ${name}`;

/** The side of a conversation; the old one's where nothing is said of it. */
export const sideOfConversation = ({ config }: LiveMigration, { remoteIds }: Pick<Conversation, 'remoteIds'>): Side =>
  remoteIds[markOf(config)] === 'to' ? 'to' : 'from';

/** The mark that gives a conversation its side, as `remoteIds` has it. */
export const sideMark = ({ config }: LiveMigration, side: Side): Readonly<Record<string, string>> => ({
  [markOf(config)]: side,
});

/** Draws the side of a conversation that begins: the same one for the same user or session, by chance where neither is named. */
export function drawSide(migration: LiveMigration, { userId, sessionId }: Participant, chance: string): Side {
  const { config, standing } = migration;
  const lot = hash('sha256', JSON.stringify([config.name, userId ?? sessionId ?? chance]), 'buffer').readUInt32BE();
  return lot / 2 ** 32 < (standing.state?.canary ?? config.canary) ? 'to' : 'from';
}

/** What callers of a migration are told with every answer, as headers. Source: RFC 9745 and RFC 8594. */
export function noticesOf({ deprecation, sunset, link }: MigrationConfig): Readonly<Record<string, string>> {
  return defined({
    Deprecation: deprecation === undefined ? undefined : `@${Math.trunc(deprecation / 1_000)}`,
    Sunset: sunset === undefined ? undefined : new Date(sunset).toUTCString(),
    Link: link === undefined ? undefined : `<${link}>; rel="deprecation"`,
  });
}
