import type { RejectedRow } from './catalog.ts';
import { RowError } from './cells.ts';
import type { ColumnReader } from './columns.ts';
import { type Draft, itemAt, turnsAfter } from './draft.ts';
import { countFieldErrors } from './field-errors.ts';
import type { FileRow } from './formats/row.ts';
import { joinGroup } from './groups.ts';
import type { Pause, ReadReport, TakeProduct } from './load.ts';
import { createKeyWriter } from './packed/keys.ts';
import { createRowWriter, type RowWriter } from './packed/rows.ts';
import type { PriceStyle } from './price-style.ts';
import { readDraft } from './product.ts';
import { wordsOf } from './words.ts';

/** A row names earlier ones as its choices, and those were given as products already: the file is to be read anew. */
export class LateParent extends Error {
  override readonly name = 'LateParent';
}

export interface CollectorContext {
  readonly readColumns: ColumnReader;
  readonly usual: string | undefined;
  /** Milliseconds since 1970: at this time the products are as they are given. */
  readonly now: number;
  /** Whether products are kept until all rows are known; otherwise only from the first one on that other rows may belong to. */
  readonly keepsAll: boolean;
  readonly take: TakeProduct;
  readonly pause: Pause;
  readonly style: PriceStyle;
}

const maxRejectedShown = 100;

/** After so many products there is a pause. */
const productsPerTurn = 200;

/** Makes products of rows: what belongs together need not stand together. */
export function createCollector({ readColumns, usual, now, keepsAll, take, pause, style }: CollectorContext) {
  const errors = countFieldErrors();
  const rejected: RejectedRow[] = [];
  let rejectedCount = 0;
  const reject = (row: RejectedRow): void => {
    rejectedCount += 1;
    if (rejected.length < maxRejectedShown) rejected.push(row);
  };
  // Feeds are larger than what a thread's heap holds.
  const drafts = createRowWriter<Draft>();
  /** The drafts of each group, in the order of the file: the group stands where its first one does. */
  const groups = new Map<string, number[]>();
  const parents: number[] = [];

  const nameProduct = createNaming();
  let given = 0;

  const give = (draft: Draft): void => {
    try {
      if (draft.item.title === undefined) throw new RowError('a product needs a title');
      const id = nameProduct(draft.item.id, draft.item.title, draft.line);
      const changes = turnsAfter(draft, now).map((at) => ({ at, item: itemAt(draft, { id, at }) }));
      take(itemAt(draft, { id, at: now }), changes);
      given += 1;
    } catch (thrown) {
      if (!(thrown instanceof RowError)) throw thrown;
      reject({ line: draft.line, reason: thrown.message });
    }
  };

  const keep = (draft: Draft): void => {
    const place = drafts.write(draft);
    if (draft.children.length > 0) {
      if (given > 0) throw new LateParent();
      parents.push(place);
    }
    if (draft.group === undefined) return;
    const known = groups.get(draft.group);
    if (known === undefined) groups.set(draft.group, [place]);
    else known.push(place);
  };

  /** What stands at a place: a product or several of its group, unless it is told elsewhere. */
  const productsAt = (place: number, adopted: Adopted): readonly Draft[] => {
    if (adopted.children.has(place)) return [];
    const draft = adopted.parents.get(place) ?? drafts.read(place);
    if (draft.group === undefined) return [draft];
    const members = groups.get(draft.group) ?? [];
    return members[0] === place ? joinGroup(members.map((member) => drafts.read(member))) : [];
  };

  return {
    add(entry: FileRow): void {
      const { line } = entry;
      if ('reason' in entry) {
        reject({ line, reason: entry.reason });
        return;
      }
      const draft = readDraft(readColumns(entry.row), { line, usual, tell: errors.tell(line), readColumns, style });
      const isAlone = draft.group === undefined && draft.children.length === 0;
      if (isAlone && drafts.count === 0 && !keepsAll) give(draft);
      else keep(draft);
    },
    /** Gives the rest of the products; others on the event loop go on meanwhile. */
    async finish(): Promise<void> {
      for (const amounts of style.finish()) errors.leaveOpen(amounts);
      const adopted = adopt(parents, drafts);
      for (let place = 0; place < drafts.count; place += 1) {
        if (place % productsPerTurn === 0) {
          await pause();
          if (adopted.parents.size === 0) drafts.forget(place);
        }
        for (const draft of productsAt(place, adopted)) give(draft);
      }
    },
    report: (): ReadReport => ({ rejected, rejectedCount, fieldErrors: errors.get() }),
  };
}

/** Products that name their choices by id, with them, and those choices, which are no products of their own then: by their places. */
interface Adopted {
  readonly parents: ReadonlyMap<number, Draft>;
  readonly children: ReadonlySet<number>;
}

function adopt(parents: readonly number[], drafts: RowWriter<Draft>): Adopted {
  const adopted = { parents: new Map<number, Draft>(), children: new Set<number>() };
  if (parents.length === 0) return adopted;
  const byId = new Map<string, number>();
  for (let place = 0; place < drafts.count; place += 1) {
    const { item, group } = drafts.read(place);
    if (item.id !== undefined && group === undefined) byId.set(item.id, place);
  }
  for (const place of parents) {
    const parent = drafts.read(place);
    const rows = parent.children.flatMap(({ id, options }) => {
      const child = byId.get(id);
      if (child === undefined || child === place) return [];
      adopted.children.add(child);
      const row = drafts.read(child);
      return [{ ...row, options: options.length > 0 ? options : row.options }];
    });
    const [joined] = joinGroup([{ ...parent, isParent: true }, ...rows]);
    if (joined !== undefined) adopted.parents.set(place, joined);
  }
  return adopted;
}

/** Ids are the file's own; a product without one is called after its title, with a number where that is taken. */
function createNaming() {
  const lines = createKeyWriter();
  const counts = new Map<string, number>();
  const freeName = (name: string): string => {
    let free = name;
    for (let count = counts.get(name) ?? 1; lines.get(free) !== undefined; ) {
      count += 1;
      free = `${name}-${count}`;
      counts.set(name, count); // where to go on the next time
    }
    return free;
  };
  return (own: string | undefined, title: string, line: number): string => {
    const id = own ?? freeName(wordsOf(title).join('-') || 'product');
    const before = lines.get(id);
    if (before !== undefined) throw new RowError(`the id ${id.slice(0, 60)} is that of line ${before} already`);
    lines.set(id, line);
    return id;
  };
}
