import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { checkMeaning } from './checks.ts';
import type { Config } from './config.ts';
import { applyDefaults } from './defaults.ts';
import { type Environment, fillIn, override, overridingVariable } from './environment.ts';
import { type ConfigPath, showPath } from './path.ts';
import { configError, type Problem } from './problems.ts';
import { parseSource } from './source.ts';
import { validateConfig } from './validate.ts';

export interface ConfigLocation {
  /** Path of the YAML file; errors name it as it is given here, and relative paths in it begin at its folder. */
  readonly path: string;
  readonly env: Environment;
}

/** Reads the configuration file. Throws an error that lists everything that is wrong with it. */
export function loadConfig({ path, env }: ConfigLocation): Config {
  return parseConfig({ path, env, text: readConfigFile(path) });
}

/** The same from a text that stands for the file at `path`, which need not exist. */
export function parseConfig({ path, env, text }: ConfigLocation & { readonly text: string }): Config {
  const source = parseSource({ text, name: path });
  const file = resolve(path);
  const folder = dirname(file);
  const written = fillIn(source.value, { environment: env, folder });
  const filled = override(written, env);
  const validated = validateConfig(filled);
  const problems = firstStageOfEachPath([filled.problems, validated.problems, checkMeaning(validated.value)]);
  const { locate } = source;
  const told = problems.map((problem) => {
    const variable = overridingVariable(problem.path, env);
    return { ...problem, place: variable === undefined ? locate(problem.path) : `environment variable ${variable}` };
  });
  // What stands in the file is wrong even while a variable comes before it: without the variable it would be found too late.
  const found = filled === written ? [] : validateConfig(written).problems;
  const hidden = found.filter(
    ({ path }) => overridingVariable(path, env) !== undefined && !isToldOf(written.problems, path),
  );
  const all = [...told, ...hidden.map((problem) => ({ ...problem, place: locate(problem.path) }))];
  if (validated.written === undefined || all.length > 0) throw configError(all, filled.files);
  return applyDefaults(validated.written, { file, folder, valueFiles: filled.files, env });
}

function readConfigFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Error(`Cannot read the configuration ${resolve(path)}. Name another file with DRAGOMAN_CONFIG`, {
      cause,
    });
  }
}

const isToldOf = (problems: readonly Problem[], place: ConfigPath): boolean =>
  problems.some(({ path }) => showPath(path) === showPath(place));

/** Leaves out what a later stage finds at a place where an earlier one found something: an unset variable is no wrong number. */
function firstStageOfEachPath(stages: readonly (readonly Problem[])[]): readonly Problem[] {
  const told: Problem[] = [];
  for (const stage of stages) {
    const earlier = new Set(told.map(({ path }) => showPath(path)));
    told.push(...stage.filter(({ path }) => !earlier.has(showPath(path))));
  }
  return told;
}

/** The files that a configuration is read from: itself, its catalogues, its lists of questions, and values. Absolute paths. */
export function filesOf({ file, valueFiles, catalogs, backends }: Config): readonly string[] {
  const questions = Object.values(backends).flatMap((backend) =>
    backend.type === 'catalog' && backend.questions !== undefined ? [backend.questions] : [],
  );
  return [...new Set([file, ...Object.values(catalogs).map((catalog) => catalog.file), ...questions, ...valueFiles])];
}
