import { readFileSync } from 'node:fs';

/** One dot, as a page would send what a visitor has pasted. */
export const picture =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

export const weatherTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'How warm it is in a city.',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    },
  },
};

/** The version of a library that is installed. */
export const versionOf = (name) =>
  JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), 'utf8')).version;

/** Resolves when it holds, which is looked at for 5 s unless told. */
export async function until(holds, what, withinMs = 5_000) {
  for (const since = performance.now(); !holds(); ) {
    if (performance.now() - since > withinMs) throw new Error(`It did not come to be: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
