import type { Catalog } from '../catalog/catalog.ts';
import type { BackendConfig } from '../config/index.ts';
import type { Backend } from './backend.ts';
import { createCatalogBackend, readQuestions } from './catalog/index.ts';

/** What backends are made from beside their own settings. */
export interface BackendMaterials {
  readonly catalogs: ReadonlyMap<string, Catalog>;
}

type Factory<Type extends BackendConfig['type']> = (
  name: string,
  settings: Extract<BackendConfig, { type: Type }>,
  materials: BackendMaterials,
) => Backend;

/** Every type of backend that a configuration can name. */
const factories: { readonly [Type in BackendConfig['type']]: Factory<Type> } = {
  catalog: (name, { catalog, questions }, { catalogs }) => {
    const found = catalogs.get(catalog);
    if (found === undefined) throw new Error(`Backend ${name} names the catalogue ${catalog}, which is not configured`);
    return createCatalogBackend({
      name,
      catalog: found,
      questions: questions === undefined ? [] : readQuestions(questions),
    });
  },
};

/** Makes a backend from its settings. Throws, with its name, if something that it names is not there. */
export function createBackend(name: string, settings: BackendConfig, materials: BackendMaterials): Backend {
  return factories[settings.type](name, settings, materials);
}
