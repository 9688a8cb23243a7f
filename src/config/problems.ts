import type { ConfigPath } from './path.ts';
import { showPath } from './path.ts';

/** One thing that is wrong with the configuration. */
export interface Problem {
  readonly path: ConfigPath;
  /** What should stand there, and what to do where that is not plain. */
  readonly expected: string;
  /** What does stand there; never a secret. */
  readonly got: string;
}

/** A value as an error shows it: a list or mapping by its kind, an address without what may be a secret in it, a long text cut short. */
export function showValue(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  const text = hideCredentials(JSON.stringify(value));
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** A value that may be a secret written in the wrong place: only its kind and length are told. */
export function showSecret(value: unknown): string {
  if (typeof value === 'string') return `text of ${value.length} ${value.length === 1 ? 'character' : 'characters'}`;
  return typeof value === 'number' ? 'a number' : showValue(value);
}

/** A text whose addresses tell neither who asks nor what. */
const hideCredentials = (text: string): string =>
  text.replace(/(:\/\/)\S*@/g, '$1…@').replace(/(:\/\/[^\s?]*\?)[^\s"]+/g, '$1…');

/** A configuration that is wrong. */
export class ConfigError extends Error {
  /** Absolute paths of the files that it names for values: one that comes later may put it right. */
  readonly files: readonly string[];
  constructor(message: string, files: readonly string[]) {
    super(message);
    this.files = files;
  }
}

/** The error that ends a start: one line a problem, each with its place, path, what was expected and what it got. */
export function configError(
  problems: readonly (Problem & { readonly place: string })[],
  files: readonly string[],
): ConfigError {
  const lines = problems.map(({ place, path, expected, got }) => {
    const name = path.length === 0 ? '' : `${showPath(path)}: `;
    return `  ${place}: ${name}expected ${expected}; got ${got}`;
  });
  const count = lines.length === 1 ? 'one error' : `${lines.length} errors`;
  return new ConfigError(`The configuration has ${count}:\n${lines.join('\n')}`, files);
}
