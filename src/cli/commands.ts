import { Unreachable } from '../network/index.ts';
import { exportHelp, importHelp, runExport, runImport } from './archive.ts';
import { backupHelp, runBackup } from './backup.ts';
import { catalogCheckHelp, checkCatalog } from './catalog-check.ts';
import { catalogLoadHelp, loadCatalog } from './catalog-load.ts';
import { checkConfig, checkHelp } from './check.ts';
import { checkConformance, conformHelp } from './conform.ts';
import { keyHelp, runKey } from './key.ts';
import { migrationHelp, runMigration } from './migration.ts';
import { playCassette, playHelp } from './play.ts';
import { UsageError } from './read-arguments.ts';
import { replayCassette, replayHelp } from './replay.ts';

const help = `Usage: dragoman [COMMAND]

  serve               runs the gateway, as without a command; DRAGOMAN_CONFIG names its configuration
  check FILE          tells whether a gateway would start with a configuration, and what is unwise in it
  key new|hash        makes a secret, or hashes one, and prints its line for the configuration
  backup              has a gateway that runs make a backup of its embedded store
  export              writes all that a store keeps of conversations, a JSON object a line
  import FILE         puts what was exported into the store of a configuration
  catalog check FILE  tells what a product file holds, and what of it cannot be read
  catalog load NAME   fills the tables of a catalogue in PostgreSQL from its file
  conform             holds a server against the documents of a dialect
  play CASSETTE       plays a recorded server: the same bytes, pieces and pauses
  replay CASSETTE     asks a server again what was recorded, and compares
  migration           where callers move from one route to another: list, show, report, stage, rollback

Any command says more of itself with --help.
`;

const catalogHelp = `Usage: dragoman catalog COMMAND

  check FILE  tells what a product file holds, and what of it cannot be read
  load NAME   fills the tables of a catalogue in PostgreSQL from its file
`;

/** What a command that ends by itself prints, and how the program is to end. */
export interface Outcome {
  readonly output: string;
  readonly code: number;
}

/** How a command line that is none of ours ends; what has no `--json` and was there before ends with 2. */
const usage = 64;

interface Command {
  readonly help: string;
  readonly run: (values: readonly string[]) => Promise<Outcome>;
}

/** Commands that run no gateway. */
const commands: Readonly<Record<string, Command>> = {
  check: { help: checkHelp, run: checkConfig },
  key: { help: keyHelp, run: (values) => runKey(values) },
  backup: { help: backupHelp, run: (values) => runBackup(values) },
  export: { help: exportHelp, run: (values) => runExport(values) },
  import: { help: importHelp, run: (values) => runImport(values) },
  conform: { help: conformHelp, run: checkConformance },
  play: { help: playHelp, run: playCassette },
  replay: { help: replayHelp, run: replayCassette },
  migration: { help: migrationHelp, run: (values) => runMigration(values) },
};

/** Runs what a command line asks for; `serve` where that is to run the gateway. */
export async function runCommand([command = 'serve', ...rest]: readonly string[]): Promise<'serve' | Outcome> {
  const asksHelp = rest.includes('--help') || rest.includes('-h');
  if (command === '--help' || command === '-h' || command === 'help') return { output: help, code: 0 };
  if (command === 'serve') return asksHelp ? { output: help, code: 0 } : 'serve';
  const known = Object.hasOwn(commands, command) ? commands[command] : undefined;
  if (known !== undefined) return asksHelp ? { output: known.help, code: 0 } : told(() => known.run(rest), known.help);
  if (command !== 'catalog') return { output: `There is no command ${command.slice(0, 40)}.\n\n${help}`, code: 2 };
  const [verb, ...values] = rest;
  if (verb === 'check') return asksHelp ? { output: catalogCheckHelp, code: 0 } : told(() => checkCatalog(values));
  if (verb === 'load')
    return asksHelp ? { output: catalogLoadHelp, code: 0 } : told(() => loadCatalog(values, process.env));
  return { output: catalogHelp, code: asksHelp ? 0 : 2 };
}

/** What goes wrong, in the options among it, is told, not thrown. */
async function told(run: () => Promise<Outcome>, text = ''): Promise<Outcome> {
  try {
    return await run();
  } catch (failure) {
    if (failure instanceof UsageError) return { output: `${failure.message}\n\n${text}`, code: usage };
    const why = failure instanceof Error ? failure.message : String(failure);
    return { output: `${failure instanceof Unreachable ? 'unreachable: ' : ''}${why}\n`, code: 2 };
  }
}
