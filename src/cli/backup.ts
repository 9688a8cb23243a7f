import type { OutputOf } from '../canonical/index.ts';
import { askAdmin, Refused, readAdminApi } from './admin-api.ts';
import type { Outcome } from './commands.ts';
import { readArguments, UsageError } from './read-arguments.ts';

export const backupHelp = `Usage: dragoman backup [--url URL] [--token TOKEN] [--json]

Has a gateway make a backup of its embedded store and its images, into the folder that its configuration names with
store.backups, while it goes on.

  --url URL      the gateway's address, where its admin API is; DRAGOMAN_URL unless set
  --token TOKEN  a token of the role admin and of all tenants; DRAGOMAN_ADMIN_TOKEN unless set
  --json         prints {"name", "bytes", "images"}
  --help         this text

Ends with 0 once the backup is whole; 1 if one is being made; 2 if there is none: the gateway is away, the token refused,
the disk full, no folder named; 64 if the command is not as above.
`;

/** A large store takes long; the gateway tells when it has ended. */
const patienceMs = 3_600_000;

/** Runs `dragoman backup`. */
export async function runBackup(values: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Outcome> {
  const text = { type: 'string' } as const;
  const { options, positionals } = readArguments(values, { url: text, token: text, json: { type: 'boolean' } });
  if (positionals.length > 0) throw new UsageError('The folder of the backups is the configuration’s: store.backups.');
  const gateway = readAdminApi(options, env);
  try {
    const made = await askAdmin<OutputOf<'make-backup'>>(gateway, '/backups', { method: 'POST', withinMs: patienceMs });
    const { name, bytes, images } = made;
    const output = options.json === true ? JSON.stringify(made) : `${name}: ${bytes} bytes and ${images} images`;
    return { output: `${output}\n`, code: 0 };
  } catch (thrown) {
    if (thrown instanceof Refused) return { output: `refused: ${thrown.message}\n`, code: 1 };
    throw thrown;
  }
}
