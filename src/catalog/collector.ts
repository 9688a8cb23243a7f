import { setImmediate } from 'node:timers/promises';
import type { RejectedRow } from './catalog.ts';
import type { CatalogItem } from './catalog-item.ts';
import { RowError } from './cells.ts';
import type { ColumnReader } from './columns.ts';
import { type Draft, itemAt, turnsAfter } from './draft.ts';
import { countFieldErrors } from './field-errors.ts';
import type { FileRow } from './formats/row.ts';
import { joinGroup } from './groups.ts';
import type { Change, LoadedProducts } from './load.ts';
import { readDraft } from './product.ts';
import { wordsOf } from './words.ts';

export interface CollectorContext {
  readonly readColumns: ColumnReader;
  readonly usual: string | undefined;
  /** Milliseconds since 1970: at this time the products are as they are given. */
  readonly now: number;
}

const maxRejectedShown = 100;

/** After so many products others get a turn on the event loop. */
const productsPerTurn = 200;

/** Makes products of rows: what belongs together need not stand together. */
export function createCollector({ readColumns, usual, now }: CollectorContext) {
  const errors = countFieldErrors();
  const rejected: RejectedRow[] = [];
  let rejectedCount = 0;
  const reject = (row: RejectedRow): void => {
    rejectedCount += 1;
    if (rejected.length < maxRejectedShown) rejected.push(row);
  };
  /** In the order of the file; the rows of a group stand where its first one does. */
  const places: (Draft | Draft[])[] = [];
  const groups = new Map<string, Draft[]>();
  const parents: Draft[] = [];

  const addDraft = (draft: Draft): void => {
    if (draft.children.length > 0) parents.push(draft);
    if (draft.group === undefined) {
      if (draft.item.title === undefined) reject({ line: draft.line, reason: 'a product needs a title' });
      else places.push(draft);
      return;
    }
    const known = groups.get(draft.group);
    if (known !== undefined) known.push(draft);
    else {
      const group = [draft];
      groups.set(draft.group, group);
      places.push(group);
    }
  };

  return {
    add(entry: FileRow): void {
      const { line } = entry;
      if ('reason' in entry) reject({ line, reason: entry.reason });
      else addDraft(readDraft(readColumns(entry.row), { line, usual, tell: errors.tell(line), readColumns }));
    },
    async finish(): Promise<LoadedProducts> {
      const items: CatalogItem[] = [];
      const changes: Change[] = [];
      const nameProduct = createNaming();
      const adopted = adopt(parents, places);
      for (const [place, found] of places.entries()) {
        if (place % productsPerTurn === 0) await setImmediate();
        for (const draft of Array.isArray(found) ? joinGroup(found) : [adopted.parents.get(found) ?? found]) {
          if (adopted.children.has(draft)) continue;
          try {
            if (draft.item.title === undefined) throw new RowError('a product needs a title');
            const { id, ...item } = nameProduct(itemAt(draft, now), draft.line);
            items.push({ id, ...item });
            for (const at of turnsAfter(draft, now)) changes.push({ at, item: { ...itemAt(draft, at), id } });
          } catch (thrown) {
            if (!(thrown instanceof RowError)) throw thrown;
            reject({ line: draft.line, reason: thrown.message });
          }
        }
      }
      changes.sort((a, b) => a.at - b.at);
      return { items, changes, rejected, rejectedCount, fieldErrors: errors.get() };
    },
  };
}

/** Gives the products that name their choices by id those choices, which are no products of their own then. */
function adopt(parents: readonly Draft[], places: readonly (Draft | readonly Draft[])[]) {
  const adopted = { parents: new Map<Draft, Draft>(), children: new Set<Draft>() };
  if (parents.length === 0) return adopted;
  const byId = new Map(
    places.flatMap((place) =>
      'item' in place && place.item.id !== undefined ? [[place.item.id, place] as const] : [],
    ),
  );
  for (const parent of parents) {
    const rows = parent.children.flatMap(({ id, options }) => {
      const row = byId.get(id);
      if (row === undefined || row === parent) return [];
      adopted.children.add(row);
      return [{ ...row, options: options.length > 0 ? options : row.options }];
    });
    const [joined] = joinGroup([{ ...parent, isParent: true }, ...rows]);
    if (joined !== undefined) adopted.parents.set(parent, joined);
  }
  return adopted;
}

/** Ids are the file's own; a product without one is called after its title, with a number where that is taken. */
function createNaming() {
  const lines = new Map<string, number>();
  const counts = new Map<string, number>();
  const freeName = (name: string): string => {
    let free = name;
    for (let count = counts.get(name) ?? 1; lines.has(free); ) {
      count += 1;
      free = `${name}-${count}`;
      counts.set(name, count); // where to go on the next time
    }
    return free;
  };
  return <Product extends { readonly id?: string; readonly title: string }>(
    product: Product,
    line: number,
  ): Product & { readonly id: string } => {
    const id = product.id ?? freeName(wordsOf(product.title).join('-') || 'product');
    const before = lines.get(id);
    if (before !== undefined) throw new RowError(`the id ${id.slice(0, 60)} is that of line ${before} already`);
    lines.set(id, line);
    return { ...product, id };
  };
}
