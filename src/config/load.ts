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
  const filled = override(fillIn(source.value, { environment: env, folder }), env);
  const validated = validateConfig(filled);
  const problems = firstStageOfEachPath([filled.problems, validated.problems, checkMeaning(validated.value)]);
  const locate = (place: ConfigPath) => {
    const variable = overridingVariable(place, env);
    return variable === undefined ? source.locate(place) : `environment variable ${variable}`;
  };
  if (validated.written === undefined || problems.length > 0) {
    throw configError(problems, { locate, files: filled.files });
  }
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

/** Leaves out what a later stage finds at a place where an earlier one found something: an unset variable is no wrong number. */
function firstStageOfEachPath(stages: readonly (readonly Problem[])[]): readonly Problem[] {
  const told: Problem[] = [];
  for (const stage of stages) {
    const earlier = new Set(told.map(({ path }) => showPath(path)));
    told.push(...stage.filter(({ path }) => !earlier.has(showPath(path))));
  }
  return told;
}
