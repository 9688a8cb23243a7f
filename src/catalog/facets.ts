import type { Item } from '../canonical/index.ts';
import type { Facet } from './catalog.ts';
import { fold } from './words.ts';

/** How often each name occurs, most first, then as the alphabet has it. Names that differ in case or accents are one. */
export function countFacets(names: Iterable<string>): readonly Facet[] {
  const facets = new Map<string, { name: string; count: number }>();
  for (const name of names) {
    const facet = facets.get(fold(name));
    if (facet === undefined) facets.set(fold(name), { name, count: 1 });
    else facet.count += 1;
  }
  return [...facets.values()].toSorted((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}

/** The parts of a category's path, the widest first. */
export function categoryParts(item: Item): readonly string[] {
  return item.category?.split(/\s*[>›]\s*/).filter((part) => part !== '') ?? [];
}
