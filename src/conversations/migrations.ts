import { type ComparedTurn, defined, type InputOf, type Migration } from '../canonical/index.ts';
import { readShare, showShare } from '../config/index.ts';
import { GatewayError } from '../errors/index.ts';
import { readinessOfFigures, shownFigures } from '../migrations/figures.ts';
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
  return { value: { migrations: await Promise.all(found.map((migration) => shown(services, migration))) } };
}

export async function showMigration(
  services: Services,
  { migration }: InputOf<'show-migration'>,
  caller: AdminCaller,
): Promise<DocumentAnswer<'show-migration'>> {
  return { value: await shown(services, reachMigration(services, migration, caller)) };
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
  return { value: await shown(services, migration) };
}

export async function readMigrationHistory(
  services: Services,
  { migration }: InputOf<'read-migration-history'>,
  caller: AdminCaller,
): Promise<DocumentAnswer<'read-migration-history'>> {
  const { config } = reachMigration(services, migration, caller);
  return { value: { entries: await services.migrations.history(config.name) } };
}

/** Ids of one look, and of one answer at most: what is rare among many takes several. Our choice. */
const look = 200;
const mostLooks = 10;

export async function listComparisons(
  services: Services,
  { migration, verdict, after, limit }: InputOf<'list-comparisons'>,
  caller: AdminCaller,
): Promise<DocumentAnswer<'list-comparisons'>> {
  const { config } = reachMigration(services, migration, caller);
  const found: ComparedTurn[] = [];
  let before = after === undefined ? undefined : Number(after);
  for (let looks = 0; looks < mostLooks; looks += 1) {
    const page = await services.comparisons.list(config, defined({ before, limit: look }));
    for (const comparison of page) {
      before = Number(comparison.id);
      if (verdict === undefined || comparison.verdict === verdict) found.push(comparison);
      if (found.length === limit) return { value: { comparisons: found, next: comparison.id } };
    }
    if (page.length === 0) return { value: { comparisons: found } };
  }
  return { value: defined({ comparisons: found, next: before === undefined ? undefined : String(before) }) };
}

export async function resetComparisons(
  services: Services,
  { migration: name }: InputOf<'reset-comparisons'>,
  caller: AdminCaller,
): Promise<DocumentAnswer<'reset-comparisons'>> {
  const migration = reachMigration(services, name, caller);
  await services.comparisons.reset(migration.config);
  return { value: await shown(services, migration) };
}

/** As it stands. Throws `store-unavailable` while nobody knows that. */
async function shown({ comparisons }: Services, migration: LiveMigration): Promise<Migration> {
  const { config, standing } = migration;
  const { state } = standing;
  if (state === undefined)
    throw new GatewayError('store-unavailable', `It is not known yet where ${config.name} stands`);
  const figures = await comparisons.figures(config);
  const { ready, reasons } = readinessOfFigures(figures, config);
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
    figures: shownFigures(figures),
  };
}
