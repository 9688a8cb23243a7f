import type { Facet } from './catalog.ts';
import { fold } from './words.ts';

/** Counts how often each name occurs. Names that differ in case or accents are one. */
export function countFacets() {
  const facets = new Map<string, { name: string; count: number }>();
  return {
    add(name: string | undefined): void {
      if (name === undefined) return;
      const facet = facets.get(fold(name));
      if (facet === undefined) facets.set(fold(name), { name, count: 1 });
      else facet.count += 1;
    },
    /** Most first, then as the alphabet has it. */
    get: (): readonly Facet[] =>
      [...facets.values()].toSorted((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1)),
  };
}

/** The parts of a category's path, the widest first. */
export function categoryParts(category = ''): readonly string[] {
  return category
    .split(/[>›]/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
