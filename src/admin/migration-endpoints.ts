import { defined, type InputOf, type OutputOf } from '../canonical/index.ts';
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

export const migrationEndpoints: readonly AnyEndpoint[] = [
  listMigrations,
  showMigration,
  changeMigration,
  readMigrationHistory,
];
