import { parseArgs } from 'node:util';
import { fillCatalog } from '../catalog/index.ts';
import { loadConfig } from '../config/index.ts';
import type { Outcome } from './commands.ts';

export const catalogLoadHelp = `Usage: dragoman catalog load NAME [--config FILE] [--again] [--max-shrink PART]

Fills the tables of a catalogue of the engine postgres from its file, and puts them in the place of those that are
asked, in one step. Gateways that run go on with the new ones at once. What fails changes nothing.

  --config FILE      the configuration; DRAGOMAN_CONFIG unless set
  --again            also where the file is what the tables were filled from
  --max-shrink PART  from 0 to 1: the part of the products that may be gone; the catalogue's own unless set
  --help             this text

Ends with 0 if the tables hold what the file does, 2 if not.
`;

/** Runs `dragoman catalog load`. Gives what is to be printed, and how the program is to end. */
export async function loadCatalog(values: readonly string[], env: NodeJS.ProcessEnv): Promise<Outcome> {
  const { values: options, positionals } = parseArgs({
    args: [...values],
    options: {
      config: { type: 'string' },
      again: { type: 'boolean', default: false },
      'max-shrink': { type: 'string' },
    },
    allowPositionals: true,
  });
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) return refused(`Name one catalogue.\n\n${catalogLoadHelp}`);
  const path = options.config ?? env['DRAGOMAN_CONFIG'];
  if (path === undefined) return refused('Name the configuration by --config or DRAGOMAN_CONFIG\n');
  const { catalogs } = loadConfig({ path, env });
  const settings = catalogs[name];
  if (settings === undefined)
    return refused(
      `There is no catalogue ${name.slice(0, 64)}; there is ${Object.keys(catalogs).join(', ') || 'none'}\n`,
    );
  const { database, maxShrink: usual, ...source } = settings;
  if (database === undefined)
    return refused(`The catalogue ${name} is in memory, where each process loads it: engine: postgres has tables\n`);
  const maxShrink = Number(options['max-shrink'] ?? usual);
  if (!(maxShrink >= 0 && maxShrink <= 1)) return refused('--max-shrink must be a number from 0 to 1\n');
  const { outcome, edition } = await fillCatalog({ name, url: database.url, source, maxShrink, again: options.again });
  const { size, rejectedCount } = edition.summary;
  return {
    code: 0,
    output:
      outcome === 'there'
        ? `The tables of ${name} hold the ${size} products of ${source.file} already\n`
        : `${size} products of ${source.file} in ${edition.seconds.toFixed(1)} s; ${rejectedCount} rows are none\n`,
  };
}

const refused = (output: string): Outcome => ({ output, code: 2 });
