import { readdirSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { adminApi } from '../../src/admin/index.ts';
import type { Dialect } from '../../src/dialects/dialect.ts';
import { dialects } from '../../src/dialects/registry.ts';
import { readSchema, referencedFiles, schemaFolder, schemaGuard } from '../../src/dialects/schema.ts';
import { readSources } from '../support/architecture.ts';

const files = readdirSync(schemaFolder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.json'))
  .sort();

const address = (file: string) => `dragoman:/${file}`;

/** Law 7: every schema is a strict one, is used, and takes its own examples. */
describe('every schema', () => {
  it.each(files)('%s compiles strictly, and says what it is', (file) => {
    expect(() => schemaGuard(file)).not.toThrow();
    const schema = readSchema(file);
    expect(schema['$schema']).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(schema['title'], 'title').toBeTypeOf('string');
  });

  it('that others are held against costs no more than there is to look at', () => {
    const dear = /"(?:contains|uniqueItems|unevaluated\w+|dependentSchemas|\$dynamicRef|\$recursiveRef)":/;
    const ours = ['config.json', ...forPeople]; // what the operator writes
    const found = files.filter((file) => !ours.includes(file) && dear.test(JSON.stringify(readSchema(file))));
    expect(found).toEqual([]);
  });

  it('is used by an endpoint, or by another schema', () => {
    const used = new Set<string>();
    const use = (file: string) => {
      if (used.has(file)) return;
      used.add(file);
      referencedFiles(readSchema(file), address(file)).forEach(use);
    };
    [...[...dialects, adminApi].flatMap(schemasOf), ...namedElsewhere, ...forPeople].forEach(use);
    expect(files.filter((file) => !used.has(file))).toEqual([]);
    expect([...used].filter((file) => !files.includes(file))).toEqual([]);
  });

  const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true, allowUnionTypes: true });
  addFormats.default(ajv);
  for (const file of files) ajv.addSchema({ ...readSchema(file), $id: address(file) });
  const examples = files.flatMap((file) => examplesIn(readSchema(file), `${address(file)}#`));

  it.each(examples)('%s takes its example %j', (place, example) => {
    const validate = ajv.getSchema(place);
    expect(validate?.(example), JSON.stringify(validate?.errors)).toBe(true);
  });
});

/** Schemas that tell people what to write in a file that is read more leniently. */
const forPeople = ['catalog/product.json'];

/** Schemas that other parts of the program name: the configuration's, the questions' … */
const namedElsewhere = readSources('src')
  .filter(({ path }) => !path.startsWith('src/dialects/') && !path.startsWith('src/admin/'))
  .flatMap(({ text }) => files.filter((file) => text.includes(`'${file}'`)));

function schemasOf({ endpoints, sockets = [], errors }: Dialect): readonly string[] {
  const named = [...endpoints, ...sockets].flatMap(({ schema }) => Object.values(schema));
  return [errors.schema, ...named.filter((file) => typeof file === 'string')];
}

/** Each example beside the address of the schema that it is one of. */
function examplesIn(schema: unknown, place: string): readonly (readonly [string, unknown])[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]: readonly [string, unknown]) => {
    if (key === 'examples' && Array.isArray(value)) return value.map((example: unknown) => [place, example] as const);
    return examplesIn(value, `${place}/${encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))}`);
  });
}
