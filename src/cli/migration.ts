import { type ComparedTurn, type Migration, type StageChange, stages } from '../canonical/index.ts';
import { type AdminApi, askAdmin, Refused, readAdminApi } from './admin-api.ts';
import type { Outcome } from './commands.ts';
import { reportFormats, reportOf } from './migration-report.ts';
import { oneOf, readArguments, UsageError } from './read-arguments.ts';

export const migrationHelp = `Usage: dragoman migration COMMAND [--url URL] [--token TOKEN] [--json]

  list                 all migrations: where they stand, and whether the figures carry a step forward
  show NAME            one of them, and how it came there
  report NAME          whether it is ready and why not, what differs, how often, and how long both sides take
  stage NAME STAGE     has it stand at observe, shadow, canary, cutover or retired
  rollback NAME        one stage back, at once
  reset NAME           has its figures begin anew

  --url URL      the gateway's address, where its admin API is; DRAGOMAN_URL unless set
  --token TOKEN  a token of the admin API; DRAGOMAN_ADMIN_TOKEN unless set, which no list of processes shows
  --canary 10%   (stage) the share of the conversations that begin in canary
  --to STAGE     (rollback) further back
  --why TEXT     (stage, rollback) for the history
  --force        (stage) also where the figures do not carry it, or a stage is skipped
  --format FORMAT (report) text unless set, json, markdown or html
  --text         (report) with people's words
  --json         the same as a document
  --help         this text

Ends with 0; 1 if the step is refused, or the migration reported on is not ready; 3 if there are too few figures to tell;
2 if the gateway is away, the token refused or the name unknown; 64 if the command is not as above.
`;

interface Options {
  readonly url?: string;
  readonly token?: string;
  readonly canary?: string;
  readonly to?: string;
  readonly why?: string;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly format?: string;
  readonly text?: boolean;
}

/** What is asked of the gateway, and what is made of its answer. */
interface Asking {
  readonly options: Options;
  readonly name: string;
  ask<T>(path: string, change?: object, method?: string): Promise<T>;
}

type Verb = (asking: Asking, more: readonly string[]) => Promise<Outcome>;

const verbs: Readonly<Record<string, { readonly words: number; readonly run: Verb }>> = {
  list: { words: 0, run: list },
  show: { words: 1, run: show },
  report: { words: 1, run: report },
  stage: { words: 2, run: stage },
  rollback: { words: 1, run: rollback },
  reset: { words: 1, run: reset },
};

/** Runs `dragoman migration`. */
export async function runMigration(values: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Outcome> {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const { options, positionals } = readArguments(values, {
    ...{ url: text, token: text, canary: text, to: text, why: text },
    ...{ force: flag, json: flag, format: text, text: flag },
  });
  const [verb = '', ...words] = positionals;
  const known = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (known === undefined) throw new UsageError(`Say ${Object.keys(verbs).join(', ')}.`);
  if (words.length !== known.words) throw new UsageError(`${verb} takes ${known.words} words beside it.`);
  const gateway = readAdminApi(options, env);
  const [name = '', ...more] = words;
  try {
    return await known.run({ options, name, ask: createAsk(gateway) }, more);
  } catch (thrown) {
    if (thrown instanceof Refused) return { output: `refused: ${thrown.message}\n`, code: 1 };
    throw thrown;
  }
}

const createAsk =
  (gateway: AdminApi): Asking['ask'] =>
  <T>(path: string, change?: object, method = change === undefined ? 'GET' : 'PATCH'): Promise<T> =>
    askAdmin(gateway, `/migrations${path}`, { method, ...(change !== undefined && { body: change }) });

const pathOf = (name: string): string => `/${encodeURIComponent(name)}`;

const asDocument = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

async function list({ ask, options }: Asking): Promise<Outcome> {
  const found = await ask<{ readonly migrations: readonly Migration[] }>('');
  const lines = found.migrations.map(lineOf).join('');
  return { output: options.json === true ? asDocument(found) : lines || 'There is no migration.\n', code: 0 };
}

const lineOf = ({ name, stage: at, canary, since, from, to, readiness, reasons }: Migration): string => {
  const share = at === 'canary' ? ` ${canary}` : '';
  const why = reasons.length === 0 ? '' : ` (${reasons.join('; ')})`;
  return `${name}: ${at}${share} since ${since}, from ${from} to ${to}; ready: ${readiness}${why}\n`;
};

async function show({ ask, name, options }: Asking): Promise<Outcome> {
  const migration = await ask<Migration>(pathOf(name));
  if (options.json === true) return { output: asDocument(migration), code: 0 };
  const { entries } = await ask<{ readonly entries: readonly StageChange[] }>(`${pathOf(name)}/history`);
  const past = entries.map(({ at, by, from, to, canary, why }) => {
    const step = from === undefined ? to : `${from} → ${to}`;
    return `  ${at}  ${step}${canary === undefined ? '' : ` ${canary}`}  by ${by}${why === '' ? '' : `: ${why}`}\n`;
  });
  return { output: lineOf(migration) + past.join(''), code: 0 };
}

const codes: Readonly<Record<Migration['readiness'], number>> = { yes: 0, no: 1, inconclusive: 3 };

async function report({ ask, name, options }: Asking): Promise<Outcome> {
  const format = oneOf('--format', options.json === true ? 'json' : (options.format ?? 'text'), reportFormats);
  const migration = await ask<Migration>(pathOf(name));
  const withText = options.text === true;
  const code = codes[migration.readiness];
  if (format === 'json') return { output: asDocument(migration), code };
  const path = `${pathOf(name)}/comparisons?verdict=different&limit=200`;
  const { comparisons: examples } = await ask<{ readonly comparisons: readonly ComparedTurn[] }>(path);
  return { output: reportOf({ migration, examples, withText }, format), code };
}

async function stage({ ask, name, options }: Asking, [wanted = '']: readonly string[]): Promise<Outcome> {
  const { canary, why, force } = options;
  return changed(ask, { name, options }, { stage: oneOf('The stage', wanted, stages), canary, why, force });
}

async function rollback({ ask, name, options }: Asking): Promise<Outcome> {
  const { stage: current, revision } = await ask<Migration>(pathOf(name));
  const place = stages.indexOf(current);
  const wanted = options.to === undefined ? stages[place - 1] : oneOf('--to', options.to, stages);
  if (wanted === undefined) throw new Refused(`${name} stands at ${current}, before which there is nothing`);
  if (stages.indexOf(wanted) >= place) throw new UsageError(`--to must be a stage before ${current}.`);
  return changed(ask, { name, options }, { stage: wanted, why: options.why, revision });
}

async function reset({ ask, name, options }: Asking): Promise<Outcome> {
  const migration = await ask<Migration>(`${pathOf(name)}/comparisons`, undefined, 'DELETE');
  return { output: options.json === true ? asDocument(migration) : lineOf(migration), code: 0 };
}

async function changed(
  ask: Asking['ask'],
  { name, options }: Pick<Asking, 'name' | 'options'>,
  change: object,
): Promise<Outcome> {
  const migration = await ask<Migration>(pathOf(name), change);
  return { output: options.json === true ? asDocument(migration) : lineOf(migration), code: 0 };
}
