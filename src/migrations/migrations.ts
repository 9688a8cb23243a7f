import { defined, type MigrationState, type Stage, type StageChange } from '../canonical/index.ts';
import type { Readiness } from '../comparing/index.ts';
import { type MigrationConfig, type RollbackConfig, showShare } from '../config/index.ts';
import { GatewayError } from '../errors/index.ts';
import type { MigrationBook } from '../stores/migration-book.ts';
import { createLastTurns, type LastTurns, orderOf, refusalOf } from './gates.ts';
import { noticesOf } from './sides.ts';

/** Where a migration stands, as far as this process has heard: the same object for as long as it is configured. */
export interface Standing {
  /** `undefined` until the store was asked. */
  readonly state: MigrationState | undefined;
}

/** A migration of a configuration, and where it stands now. */
export interface LiveMigration {
  readonly config: MigrationConfig;
  readonly standing: Standing;
  /** Headers of all answers to its callers. */
  readonly notices: Readonly<Record<string, string>>;
}

/** What an operator wants of a migration. */
export interface StageRequest {
  readonly stage?: Stage;
  /** 0 to 1. */
  readonly canary?: number;
  readonly why?: string;
  /** Whether to go where the figures do not carry. */
  readonly force?: boolean;
  /** The revision that it is a change of; absent: of whatever is there. */
  readonly revision?: number;
  readonly by: string;
  readonly at: string;
}

export interface Migrations {
  /** Those of the configuration in force. */
  all(): readonly LiveMigration[];
  /** Asks the store where migrations stand that nothing is known of yet; where it does not answer, nothing is known. */
  know(configs: readonly MigrationConfig[]): Promise<void>;
  /** Has the store know of those in force: later, what it says holds, whatever the configuration comes to say. */
  begin(): Promise<void>;
  /** A migration of any configuration, as it stands. */
  live(config: MigrationConfig): LiveMigration;
  /** Throws `conflict` where another change came first, and where the figures do not carry it. */
  change(migration: LiveMigration, request: StageRequest): Promise<MigrationState>;
  /**
   * Heeds how a turn ended that the new side was asked for here. Where too many of the last ones failed in this process, the migration goes back
   * to `shadow`. Nobody waits for it.
   */
  ended(migration: LiveMigration, isFailed: boolean): void;
  /** The newest first. */
  history(name: string): Promise<readonly StageChange[]>;
  close(): Promise<void>;
}

export interface MigrationsOptions {
  readonly book: MigrationBook;
  /** Whether the figures of one carry a step forward. */
  readiness(config: MigrationConfig): Promise<Readiness>;
  /** Those of the configuration in force. */
  configs(): readonly MigrationConfig[];
  /** Told once and again where one of the configuration in force stands. */
  stands(state: MigrationState | undefined): void;
  /** Told of each stage that this process has heard of, with the one before it. */
  moved(state: MigrationState, before: MigrationState | undefined): void;
  /** Told once and again of one that is configured no more. */
  gone(name: string): void;
  /** Told of each step back that was taken here, and why. */
  wentBack(name: string, by: string, why: string): void;
  /** Told where the store does not answer. */
  away(reason: unknown): void;
  /** Told once and again where it has answered all that it was asked. */
  back(): void;
}

/** How often the store is asked where migrations stand, in milliseconds: a change holds everywhere within twice as long. Our choice. */
const lookEveryMs = 750;

const conflict = (message: string): GatewayError => new GatewayError('conflict', message);

/** Where migrations stand: kept in the store, known in each process. */
export function createMigrations({
  book,
  readiness,
  configs,
  stands,
  moved,
  gone,
  wentBack,
  away,
  back,
}: MigrationsOptions): Migrations {
  const standings = new Map<string, { state: MigrationState | undefined }>();
  const standing = (name: string) => {
    const known = standings.get(name) ?? { state: undefined };
    standings.set(name, known);
    return known;
  };
  const take = (state: MigrationState): void => {
    const known = standing(state.name);
    const before = known.state;
    known.state = state;
    moved(state, before);
  };
  const hear = (state: MigrationState): void => {
    const { state: known } = standing(state.name);
    if (known === undefined || known.revision < state.revision) take(state);
  };
  /** Asks the store. It may have lost what it had: what it says holds, unless something was heard while it was asked. */
  const learn = async (wanted: readonly MigrationConfig[]): Promise<void> => {
    if (wanted.length === 0) return;
    const asked = wanted.map((config) => ({ config, before: standing(config.name).state }));
    const found = await book.read(wanted.map(({ name }) => name));
    for (const { config, before } of asked) {
      const kept = found.find(({ name }) => name === config.name);
      if (standing(config.name).state !== before) {
        if (kept !== undefined) hear(kept);
        continue;
      }
      // What the store has never heard of stands where the configuration has it begin; what it has lost, where it stood.
      const state = kept ?? (before === undefined ? beginningOf(config) : { ...before, revision: 0 });
      if (!isSame(before, state)) take(state);
    }
  };
  const know = (wanted: readonly MigrationConfig[]): Promise<void> => learn(wanted).catch(away);
  const begin = async (wanted = configs()): Promise<void> => {
    for (const { name } of wanted) {
      const { state } = standing(name);
      if (state?.revision !== 0) continue;
      const first = { ...state, revision: 1 };
      const change = { at: state.since, by: 'configuration', to: state.stage, why: 'it begins here' };
      if (await book.change(first, change)) hear(first);
      else await learn(wanted); // another process was quicker
    }
  };
  const look = async (): Promise<void> => {
    const named = new Set(configs().map(({ name }) => name));
    // They are kept: a configuration that is about to take over may have been prepared with them.
    for (const name of standings.keys()) if (!named.has(name)) gone(name);
    try {
      await learn(configs());
      await begin();
      back();
    } catch (thrown) {
      away(thrown);
    }
    for (const { name } of configs()) stands(standing(name).state);
  };
  const live = (config: MigrationConfig) => ({
    config,
    standing: standing(config.name),
    notices: noticesOf(config),
  });
  const change: Migrations['change'] = async ({ config }, request) => {
    await learn([config]);
    await begin([config]);
    const { state: current = beginningOf(config) } = standing(config.name);
    if (request.revision !== undefined && request.revision !== current.revision)
      throw conflict(`${config.name} has changed: its revision is ${current.revision}`);
    const before = { stage: current.stage, canary: current.canary ?? config.canary };
    const wanted = { stage: request.stage ?? before.stage, canary: request.canary ?? before.canary };
    if (wanted.stage === before.stage && wanted.canary === before.canary) return current;
    const refusal = refusalOf(before, wanted, await readiness(config));
    if (refusal !== undefined && request.force !== true) throw conflict(`Refused without force: ${refusal}`);
    const { why = '', by, at } = request;
    const since = wanted.stage === before.stage ? current.since : at;
    const { canary = current.canary } = request;
    const next = defined({ name: config.name, stage: wanted.stage, canary, since, revision: current.revision + 1 });
    const change = defined({ at, by, from: before.stage, to: wanted.stage, canary: shareOf(request), why });
    if (!(await book.change(next, change))) throw conflict(`${config.name} was changed by somebody else just now`);
    if (orderOf(next.stage) < orderOf(before.stage)) wentBack(config.name, by, why);
    hear(next);
    return next;
  };
  /** Of the stage that a migration is at: what failed at another one says nothing. */
  const lastTurns = new WeakMap<MigrationState, LastTurns>();
  const goBackAt = (migration: LiveMigration, { failed: share, of }: RollbackConfig, isFailed: boolean): void => {
    const { state } = migration.standing;
    if (state === undefined || !hasTurns.has(state.stage)) return;
    const known = lastTurns.get(state) ?? createLastTurns(of);
    lastTurns.set(state, known);
    const failed = known.add(isFailed);
    if (!isFailed || failed < share * of) return;
    const why = `${failed} of the last ${of} turns failed`;
    const at = new Date().toISOString();
    const back = { stage: 'shadow' as const, why, force: true, revision: state.revision, by: 'rollback', at };
    // Another process, or somebody, may have been quicker.
    change(migration, back).catch((thrown: unknown) => (isConflict(thrown) ? undefined : away(thrown)));
  };
  let looking: Promise<void> | undefined;
  const timer = setInterval(() => {
    if (standings.size === 0) return; // there is none, and never was
    looking ??= look().finally(() => {
      looking = undefined;
    });
  }, lookEveryMs).unref();

  return {
    all: () => configs().map(live),
    know,
    begin: () => begin().catch(away),
    live,
    change,
    ended(migration, isFailed) {
      const { rollback } = migration.config;
      if (rollback !== undefined) goBackAt(migration, rollback, isFailed);
    },
    history: (name) => book.history(name),
    async close() {
      clearInterval(timer);
      await looking;
    },
  };
}

const shareOf = ({ canary }: StageRequest): string | undefined =>
  canary === undefined ? undefined : showShare(canary);

/** The stages in which the new side answers clients. */
const hasTurns: ReadonlySet<Stage> = new Set(['canary', 'cutover']);

const isConflict = (thrown: unknown): boolean => thrown instanceof GatewayError && thrown.code === 'conflict';

const isSame = (one: MigrationState | undefined, other: MigrationState): boolean =>
  one?.revision === other.revision &&
  one.stage === other.stage &&
  one.canary === other.canary &&
  one.since === other.since;

const beginningOf = ({ name, stage }: MigrationConfig): MigrationState => ({
  name,
  stage,
  since: new Date().toISOString(),
  revision: 0,
});
