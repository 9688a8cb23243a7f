import { defined, type InputOf, type OutputOf, type Verdict } from '../canonical/index.ts';
import { type AnyEndpoint, defineEndpoint, type WireRequest } from '../dialects/dialect.ts';
import { asItIs, noBody } from './codecs.ts';

interface MigrationRequest extends WireRequest {
  readonly params: { readonly name: string };
}

const ofMigrationOutput = [
  'output.name',
  'output.tenantId',
  'output.stage',
  'output.canary',
  'output.since',
  'output.revision',
  'output.from',
  'output.to',
  'output.ready',
  'output.readiness',
  'output.reasons',
  'output.figures',
] as const;

const named = {
  decode: ({ params }: MigrationRequest) => ({ migration: params.name }),
  encode: ({ migration }: InputOf<'show-migration'>) => ({ ...noBody, params: { name: migration } }),
};

const listMigrations = defineEndpoint<'list-migrations', WireRequest, OutputOf<'list-migrations'>>({
  operation: 'list-migrations',
  method: 'GET',
  paths: ['/admin/v1/migrations'],
  schema: { request: 'admin/list-migrations.request.json', response: 'admin/list-migrations.response.json' },
  carries: ['output.migrations'],
  request: { decode: () => ({}), encode: () => ({ ...noBody, params: {} }) },
  response: asItIs(200),
});

const showMigration = defineEndpoint<'show-migration', MigrationRequest, OutputOf<'show-migration'>>({
  operation: 'show-migration',
  method: 'GET',
  paths: ['/admin/v1/migrations/:name'],
  schema: { request: 'admin/migration.request.json', response: 'admin/migration.json' },
  carries: ['migration', ...ofMigrationOutput],
  request: named,
  response: asItIs(200),
});

const changeMigration = defineEndpoint<
  'change-migration',
  MigrationRequest & { readonly body: Omit<InputOf<'change-migration'>, 'migration'> },
  OutputOf<'change-migration'>
>({
  operation: 'change-migration',
  method: 'PATCH',
  paths: ['/admin/v1/migrations/:name'],
  schema: { request: 'admin/change-migration.request.json', response: 'admin/migration.json' },
  carries: ['migration', 'stage', 'canary', 'why', 'force', 'revision', ...ofMigrationOutput],
  request: {
    decode: ({ params, body: { stage, canary, why, force, revision } }) =>
      defined({ migration: params.name, stage, canary, why, force, revision }),
    encode: ({ migration, ...body }) => ({ ...noBody, params: { name: migration }, body }),
  },
  response: asItIs(200),
});

const readMigrationHistory = defineEndpoint<
  'read-migration-history',
  MigrationRequest,
  OutputOf<'read-migration-history'>
>({
  operation: 'read-migration-history',
  method: 'GET',
  paths: ['/admin/v1/migrations/:name/history'],
  schema: {
    request: 'admin/read-migration-history.request.json',
    response: 'admin/read-migration-history.response.json',
  },
  carries: ['migration', 'output.entries'],
  request: named,
  response: asItIs(200),
});

interface ComparisonQuery {
  readonly verdict?: Verdict;
  readonly after?: string;
  readonly limit?: string;
}

const listComparisons = defineEndpoint<
  'list-comparisons',
  MigrationRequest & { readonly query: ComparisonQuery },
  OutputOf<'list-comparisons'>
>({
  operation: 'list-comparisons',
  method: 'GET',
  paths: ['/admin/v1/migrations/:name/comparisons'],
  schema: { request: 'admin/list-comparisons.request.json', response: 'admin/list-comparisons.response.json' },
  carries: ['migration', 'verdict', 'after', 'limit', 'output.comparisons', 'output.next'],
  request: {
    decode: ({ params, query: { verdict, after, limit = '50' } }) =>
      defined({ migration: params.name, verdict, after, limit: Number(limit) }),
    encode: ({ migration, verdict, after, limit }) => ({
      ...noBody,
      params: { name: migration },
      query: defined({ verdict, after, limit: String(limit) }),
    }),
  },
  response: asItIs(200),
});

const resetComparisons = defineEndpoint<'reset-comparisons', MigrationRequest, OutputOf<'reset-comparisons'>>({
  operation: 'reset-comparisons',
  method: 'DELETE',
  paths: ['/admin/v1/migrations/:name/comparisons'],
  schema: { request: 'admin/reset-comparisons.request.json', response: 'admin/migration.json' },
  carries: ['migration', ...ofMigrationOutput],
  request: named,
  response: asItIs(200),
});

export const migrationEndpoints: readonly AnyEndpoint[] = [
  listMigrations,
  showMigration,
  changeMigration,
  readMigrationHistory,
  listComparisons,
  resetComparisons,
];
