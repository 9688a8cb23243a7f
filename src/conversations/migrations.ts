import { defined, type InputOf, type Migration } from '../canonical/index.ts';
import { readShare, showShare } from '../config/index.ts';
import { GatewayError } from '../errors/index.ts';
import type { LiveMigration } from '../migrations/migrations.ts';
import type { AdminCaller } from './caller.ts';
import type { DocumentAnswer, Services } from './services.ts';

const inReach = ({ config }: LiveMigration, { tenants }: AdminCaller): boolean =>
  tenants?.includes(config.tenantId) ?? true;

/** The migration of a name. Throws `not-found` for one that is not in the operator's reach. */
export function reachMigration({ migrations }: Services, name: string, caller: AdminCaller): LiveMigration {
  const found = migrations.all().find(({ config }) => config.name === name);
  if (found !== undefined && inReach(found, caller)) return found;
  throw new GatewayError('not-found', 'Migration not found', { subject: { kind: 'migration', id: name } });
}

export async function listMigrations(
  services: Services,
  _input: InputOf<'list-migrations'>,
  caller: AdminCaller,
): Promise<DocumentAnswer<'list-migrations'>> {
  const found = services.migrations.all().filter((migration) => inReach(migration, caller));
  return { value: { migrations: found.map((migration) => shown(services, migration)) } };
}

export async function showMigration(
  services: Services,
  { migration }: InputOf<'show-migration'>,
  caller: AdminCaller,
): Promise<DocumentAnswer<'show-migration'>> {
  return { value: shown(services, reachMigration(services, migration, caller)) };
}

/** Throws `conflict` for a change of what has changed since, and for a step that the figures do not carry. */
export async function changeMigration(
  services: Services,
  { migration: name, canary, ...wanted }: InputOf<'change-migration'>,
  caller: AdminCaller,
): Promise<DocumentAnswer<'change-migration'>> {
  const migration = reachMigration(services, name, caller);
  const share = canary === undefined ? undefined : readShare(canary);
  const request = { ...wanted, canary: share, by: caller.name, at: caller.call.receivedAt };
  await services.migrations.change(migration, defined(request));
  return { value: shown(services, migration) };
}

export async function readMigrationHistory(
  services: Services,
  { migration }: InputOf<'read-migration-history'>,
  caller: AdminCaller,
): Promise<DocumentAnswer<'read-migration-history'>> {
  const { config } = reachMigration(services, migration, caller);
  return { value: { entries: await services.migrations.history(config.name) } };
}

/** As it stands. Throws `store-unavailable` while nobody knows that. */
function shown({ migrations }: Services, migration: LiveMigration): Migration {
  const { config, standing } = migration;
  const { state } = standing;
  if (state === undefined)
    throw new GatewayError('store-unavailable', `It is not known yet where ${config.name} stands`);
  const { ready, reasons } = migrations.readiness(migration);
  const { from, to } = config;
  return {
    ...state,
    canary: showShare(state.canary ?? config.canary),
    tenantId: config.tenantId,
    from: 'passthrough' in from ? `passthrough ${from.passthrough}` : `backend ${from.backend}`,
    to: `backend ${to.backend}`,
    ready: ready === 'yes',
    readiness: ready,
    reasons,
  };
}
