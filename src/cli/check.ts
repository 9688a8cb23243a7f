import { pino } from 'pino';
import { openGeneration } from '../app/generation.ts';
import { type Config, describeConfig, loadConfig, warningsOf } from '../config/index.ts';
import { createMetrics } from '../observability/metrics.ts';
import { explainFailure } from './explain-failure.ts';
import { readArguments, UsageError } from './read-arguments.ts';

export const checkHelp = `Usage: dragoman check FILE [--json]

Reads a configuration with all that it names, as a start would: catalogues, questions, modules, certificates. It serves
nothing, opens no store, and asks no backend and no database: a catalogue that stands in one is read from its file.
Legal and unwise things are told as warnings.

  --json  one object: {valid, errors, warnings}
  --help  this text

Ends with 0 if a gateway would start with it, 1 if not, 64 for another command line.
`;

interface Checked {
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  /** What would be served. */
  readonly served: readonly string[];
}

/** Runs `dragoman check`. Gives what is to be printed, and how the program is to end. */
export async function checkConfig(
  values: readonly string[],
): Promise<{ readonly output: string; readonly code: number }> {
  const { options, positionals } = readArguments(values, { json: { type: 'boolean' } });
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new UsageError('Name one file.');
  const { errors, warnings, served } = await check(file);
  const valid = errors.length === 0;
  const code = valid ? 0 : 1;
  if (options.json === true) return { output: `${JSON.stringify({ valid, errors, warnings })}\n`, code };
  const lines = [
    ...(valid ? [`${file} is valid`, ...served.map((line) => `  ${line}`)] : errors),
    ...warnings.map((warning) => `warning: ${warning}`),
  ];
  return { output: `${lines.join('\n')}\n`, code };
}

async function check(file: string): Promise<Checked> {
  let config: Config;
  try {
    config = loadConfig({ path: file, env: process.env });
  } catch (failure) {
    return { errors: [explainFailure(failure)], warnings: [], served: [] };
  }
  const warnings = warningsOf(config);
  try {
    const log = pino({ enabled: false });
    const { refused, close } = await openGeneration(withoutDatabases(config), {
      log,
      metrics: createMetrics(),
      standIns: new Map(),
    });
    await close();
    return { errors: refused, warnings, served: describeConfig(config) };
  } catch (failure) {
    return { errors: [explainFailure(failure)], warnings, served: [] };
  }
}

/** A catalogue that stands in a database is read from its file: to open it would fill the database's tables. */
function withoutDatabases(config: Config): Config {
  const fromFiles = Object.entries(config.catalogs).map(([name, { database: _, ...rest }]) => [name, rest] as const);
  return { ...config, catalogs: Object.fromEntries(fromFiles) };
}
