import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ConfigPath, isMapping, showPath } from './path.ts';
import type { Problem } from './problems.ts';

/** The environment, as `process.env` gives it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where values are taken from. */
export interface ValueSources {
  readonly environment: Environment;
  /** Relative paths of files begin there. */
  readonly folder: string;
}

/** A document with the values of environment and files in it. */
export interface Filled {
  readonly value: unknown;
  /** The files that it names, absolute, whether they can be read or not. */
  readonly files: readonly string[];
  /** Where the whole text came from outside, as `showPath` writes it: it may stand for a number or true and false. */
  readonly fromEnvironment: ReadonlySet<string>;
  readonly problems: readonly Problem[];
}

const reference = /\$\$\{|\$\{([^}]*)(\}?)/g;
const wholeReference = /^\$\{[^}]*\}$/;
const inside = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;
const insideOfFile = /^file:(.+)$/s;

/**
 * Puts the environment into every text value: `${NAME}`, or `${NAME:-default}` where NAME is not set or empty; `$${` stands for
 * `${`. `${file:path}` is what a file holds, without the end of its last line. It works on the parsed document, so that no value can
 * become YAML, and leaves keys alone.
 */
export function fillIn(document: unknown, sources: ValueSources): Filled {
  const fromEnvironment = new Set<string>();
  const files = new Set<string>();
  const problems: Problem[] = [];
  const fill = (value: unknown, path: ConfigPath): unknown => {
    if (typeof value === 'string') {
      if (wholeReference.test(value)) fromEnvironment.add(showPath(path));
      return fillText(value, sources, {
        report: (expected, got) => problems.push({ path, expected, got }),
        name: (file) => files.add(file),
      });
    }
    if (Array.isArray(value)) return value.map((entry, index) => fill(entry, [...path, index]));
    if (!isMapping(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, fill(entry, [...path, key])]));
  };
  return { value: fill(document, []), files: [...files], fromEnvironment, problems };
}

interface Findings {
  report(expected: string, got: string): void;
  /** Told of each file that is named. */
  name(file: string): void;
}

function fillText(text: string, { environment, folder }: ValueSources, { report, name: tell }: Findings): string {
  return text.replace(reference, (match: string, content: string | undefined, close: string | undefined) => {
    if (content === undefined) return '${';
    const [, path] = insideOfFile.exec(content) ?? [];
    const [, name, fallback] = inside.exec(content) ?? [];
    if (name === undefined && path !== undefined && close !== '') {
      const file = resolve(folder, path);
      tell(file);
      return readValue(file, report) ?? match;
    }
    if (name === undefined || close === '') {
      const got = JSON.stringify(match.split(':', 1)[0]); // what follows may be a secret
      report('${NAME}, ${NAME:-default} or ${file:path}, or $${ for a plain ${', got);
      return match;
    }
    const value = environment[name];
    if (fallback !== undefined) return value === undefined || value === '' ? fallback : value;
    if (value === undefined)
      report(`the environment variable ${name} to be set, or a default: \${${name}:-…}`, 'nothing');
    return value ?? match;
  });
}

function readValue(file: string, report: Findings['report']): string | undefined {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (failure) {
    const { code = 'an error' } = Object(failure) as NodeJS.ErrnoException; // the system says so
    report(`the file ${file} to be readable`, code);
    return undefined;
  }
}

/** Variables that come before the file, and what they set. */
const overrides = { HOST: ['listen', 'host'], PORT: ['listen', 'port'] } as const;

/** Which variable set a place over the head of the file, if one did. */
export function overridingVariable(path: ConfigPath, environment: Environment): string | undefined {
  return Object.entries(overrides).find(
    ([name, place]) => environment[name] && showPath(place) === showPath(path),
  )?.[0];
}

/** The document with HOST and PORT, where they are set and not empty, in place of `listen.host` and `listen.port`. */
export function override(filled: Filled, environment: Environment): Filled {
  const set = Object.entries(overrides).filter(([name]) => environment[name]);
  const { value: document, files, fromEnvironment, problems } = filled;
  if (set.length === 0 || !isMapping(document)) return filled;
  const listen = document['listen'] ?? {};
  if (!isMapping(listen)) return filled;
  const values = Object.fromEntries(set.map(([name, [, key]]) => [key, environment[name]]));
  const places = set.map(([, place]) => showPath(place));
  return {
    value: { ...document, listen: { ...listen, ...values } },
    files,
    fromEnvironment: new Set([...fromEnvironment, ...places]),
    problems: problems.filter(({ path }) => !places.includes(showPath(path))),
  };
}
