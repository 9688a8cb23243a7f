import { readSchema, referencedFiles } from '../dialects/schema.ts';

type Schema = Readonly<Record<string, unknown>>;

/** Schema files as components of an API description: gathers what is referred to, and points the references there. */
export interface SchemaComponents {
  /** The file's schema, with every reference pointing into the description. */
  inline(file: string): Schema;
  /** A reference to the file as a component. */
  reference(file: string): Schema;
  /** All components that were referred to, by name. */
  all(): Readonly<Record<string, Schema>>;
}

export function createSchemaComponents(): SchemaComponents {
  const components = new Map<string, Schema>();

  const inline = (file: string): Schema => {
    const id = `dragoman:/${file}`;
    const schema = readSchema(file);
    for (const name of referencedFiles(schema, id)) add(name);
    return mapReferences(schema, id);
  };
  const add = (file: string): void => {
    if (components.has(file)) return;
    components.set(file, {}); // before it is read, as files may refer to each other in a circle
    components.set(file, inline(file));
  };

  return {
    inline,
    reference(file) {
      add(file);
      return { $ref: `#/components/schemas/${componentName(file)}` };
    },
    all: () => Object.fromEntries([...components].map(([file, schema]) => [componentName(file), schema])),
  };
}

const componentName = (file: string): string => file.replace(/\.json$/, '').replaceAll('/', '.');

/** The same schema without its `$schema`, its references to files pointing at components. */
function mapReferences({ $schema: _, ...schema }: Schema, id: string): Schema {
  const text = JSON.stringify(schema, (key, value: unknown) => {
    if (key !== '$ref' || typeof value !== 'string' || value.startsWith('#')) return value;
    const { pathname, hash } = new URL(value, id);
    return `#/components/schemas/${componentName(pathname.slice(1))}${hash.slice(1)}`;
  });
  return JSON.parse(text) as Schema; // what was an object above
}
