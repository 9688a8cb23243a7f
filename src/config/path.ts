/** A place in the configuration: `['tenants', 0, 'keys', 1, 'name']`. */
export type ConfigPath = readonly (string | number)[];

/** A path as people write it: `tenants[0].keys[1].name`. */
export function showPath(path: ConfigPath): string {
  return path.map((step, at) => (typeof step === 'number' ? `[${step}]` : `${at === 0 ? '' : '.'}${step}`)).join('');
}

/** What stands one step further down; `undefined` where there is nothing. */
export function stepInto(value: unknown, step: string | number): unknown {
  if (Array.isArray(value)) return value[Number(step)];
  return isMapping(value) && Object.hasOwn(value, step) ? value[step] : undefined;
}

/** Whether a value of the document is a mapping. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value and where it stands. */
export interface Place {
  readonly path: ConfigPath;
  readonly value: unknown;
}

/**
 * Every place that a pattern fits, `*` being any entry of a list or mapping. What does not have the pattern's shape is passed
 * over, so that one wrong part never hides what is wrong with another.
 */
export function select(root: unknown, pattern: readonly string[]): readonly Place[] {
  let places: readonly Place[] = [{ path: [], value: root }];
  for (const step of pattern) places = places.flatMap((place) => (step === '*' ? entries(place) : entry(place, step)));
  return places;
}

function entry({ path, value }: Place, step: string): readonly Place[] {
  const below = stepInto(value, step);
  return below === undefined ? [] : [{ path: [...path, step], value: below }];
}

function entries({ path, value }: Place): readonly Place[] {
  if (Array.isArray(value)) return value.map((below: unknown, index) => ({ path: [...path, index], value: below }));
  if (!isMapping(value)) return [];
  return Object.entries(value).map(([key, below]) => ({ path: [...path, key], value: below }));
}

/** The same document with another value at a path that exists. */
export function replaceAt(root: unknown, path: ConfigPath, value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (Array.isArray(root))
    return root.map((below: unknown, at) => (at === step ? replaceAt(below, rest, value) : below));
  if (!isMapping(root)) return root;
  return { ...root, [step]: replaceAt(root[step], rest, value) };
}
