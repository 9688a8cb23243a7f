import { type Config, type Environment, parseConfig } from '../../../src/config/index.ts';

/** The smallest configuration that is right, as a value to change. */
export const sample = {
  store: { engine: 'embedded', path: './data' },
  catalogs: { shop: { file: './catalog.ndjson' } },
  backends: { shop: { type: 'catalog', catalog: 'shop' } },
  tenants: [
    {
      id: 'tenant-uuid-here',
      name: 'A store',
      keys: [{ name: 'storefront', sha256: 'a'.repeat(64) }],
      sites: [{ key: 'sk_live', origins: ['https://shop.example'] }],
      agents: [
        {
          id: '5e9c1a2b-3d4e-4f60-b2f2-9f4b1c2d3e4f',
          slug: 'support-agent',
          name: 'Support',
          route: { backend: 'shop' },
        },
        { id: '7A1D4C3E-9B52-4E08-A6F1-3C8D2B5E7F90', slug: 'sales-bot', name: 'Sales', route: { backend: 'shop' } },
      ],
    },
  ],
};

/** Reads a document (JSON is YAML) or a YAML text as the file `/srv/shop/gateway.yaml`. */
export function read(document: unknown, env: Environment = {}): Config {
  const text = typeof document === 'string' ? document : JSON.stringify(document);
  return parseConfig({ path: '/srv/shop/gateway.yaml', env, text });
}

/** The error's lines without its heading; empty where the document is right. */
export function errorsOf(document: unknown, env: Environment = {}): readonly string[] {
  try {
    read(document, env);
    return [];
  } catch (error) {
    return error instanceof Error ? error.message.split('\n').slice(1) : [];
  }
}

/** The sample with another value at a path such as `tenants.0.keys.0.agent`; `undefined` takes the key out. */
export function sampleWith(path: string, value: unknown): unknown {
  const set = (place: unknown, [step, ...rest]: readonly string[]): unknown => {
    if (step === undefined) return value;
    if (Array.isArray(place)) {
      const copy: unknown[] = [...(place as readonly unknown[])];
      copy[Number(step)] = set(copy[Number(step)], rest);
      return copy;
    }
    const mapping = (place ?? {}) as Readonly<Record<string, unknown>>; // a mapping, or a new one where nothing is
    return { ...mapping, [step]: set(mapping[step], rest) };
  };
  return set(sample, path.split('.'));
}
