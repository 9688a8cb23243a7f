import { defined, type InputOf } from '../canonical/index.ts';
import { carriesOf } from '../dialects/dialect.ts';
import { dialects } from '../dialects/registry.ts';
import { GatewayError } from '../errors/index.ts';
import type { AdminCaller } from './caller.ts';
import { lossBetween } from './loss.ts';
import type { DocumentAnswer, Services } from './services.ts';

/** What gets lost between each dialect and each backend of the configuration. Throws `forbidden` for a token of some tenants: the configuration is everybody's. */
export async function reportLoss(
  { backends }: Services,
  _input: InputOf<'report-loss'>,
  { tenants }: AdminCaller,
): Promise<DocumentAnswer<'report-loss'>> {
  seesAll(tenants);
  const pairs = dialects.flatMap((dialect) =>
    [...backends.values()].map((backend) => ({
      dialect: dialect.name,
      backend: backend.name,
      ...lossBetween(carriesOf(dialect), backend.carries),
    })),
  );
  return { value: { pairs } };
}

/** Makes a backup of the store into the folder that the configuration names. Throws `forbidden` as `reportLoss` does, and `unsupported-operation` where none is named. */
export async function makeBackup(
  { backUp }: Services,
  _input: InputOf<'make-backup'>,
  { tenants }: AdminCaller,
): Promise<DocumentAnswer<'make-backup'>> {
  seesAll(tenants);
  if (backUp !== undefined) return { value: await backUp() };
  throw new GatewayError(
    'unsupported-operation',
    'No backup can be made: store.backups names no folder, or Redis keeps the store and its own backups',
  );
}

/** How each backend is, in this process. Throws `forbidden` as `reportLoss` does. */
export async function listBackends(
  { backends }: Services,
  _input: InputOf<'list-backends'>,
  { tenants }: AdminCaller,
): Promise<DocumentAnswer<'list-backends'>> {
  seesAll(tenants);
  const all = [...backends.values()].map((backend) =>
    defined({
      name: backend.name,
      kind: backend.kind,
      breaker: backend.breaker?.(),
      quirks: backend.quirks?.() ?? [],
    }),
  );
  return { value: { backends: all } };
}

function seesAll(tenants: AdminCaller['tenants']): void {
  if (tenants !== undefined) throw new GatewayError('forbidden', 'This token may not see what is of all tenants');
}
