import { hash } from 'node:crypto';
import type { ComparedTurn } from '../canonical/index.ts';
import type { MigrationConfig } from '../config/index.ts';
import { type ComparisonBook, type ComparisonQuestion, mostCounts } from '../stores/migration-book.ts';
import { type Counts, type Figures, figuresOf, textFloorOf } from './figures.ts';

/** What was compared, and what was counted: gathered in this process, and kept within a second or two. Nobody waits for it. */
export interface Comparisons {
  count(config: MigrationConfig, counts: Counts): void;
  add(config: MigrationConfig, comparison: Omit<ComparedTurn, 'id'>): void;
  /** As the store has them. */
  figures(config: MigrationConfig): Promise<Figures>;
  /** The least similarity of texts that are equivalent, as far as this process has heard. */
  textFloor(config: MigrationConfig): number;
  /** The newest first. */
  list(config: MigrationConfig, question: Omit<ComparisonQuestion, 'since' | 'mark'>): Promise<readonly ComparedTurn[]>;
  /** A conversation is gone: so are its comparisons soon. */
  forget(conversationId: string): void;
  /** Begins anew. */
  reset(config: MigrationConfig): Promise<void>;
  /** Resolves when what was gathered is kept, or cannot be. */
  close(): Promise<void>;
}

export interface ComparisonsOptions {
  readonly book: ComparisonBook;
  /** Those of the configuration in force. */
  configs(): readonly MigrationConfig[];
  /** Told once and again what the figures of one are. */
  known(config: MigrationConfig, figures: Figures): void;
  /** Told of a comparison that is not kept, for want of room. */
  dropped(name: string): void;
  /** Told where the store does not answer. */
  away(reason: unknown): void;
  /** Told once and again where it has taken all. */
  back(): void;
}

/** How often what was gathered is kept; how often figures are read, and old comparisons are dropped: every so many times. Our choice. */
const keepEveryMs = 1_000;
const readEvery = 5;
const dropEvery = 60;
/** So many comparisons of a migration wait in a process, while the store does not take them. Our choice. */
const mostWaiting = 200;

interface Gathered {
  config: MigrationConfig;
  readonly mark: string;
  readonly counts: Map<string, number>;
  readonly comparisons: Omit<ComparedTurn, 'id'>[];
}

/** Keeps what is gathered in the store. */
export function createComparisons({ book, configs, known, dropped, away, back }: ComparisonsOptions): Comparisons {
  const gathered = new Map<string, Gathered>();
  const floors = new Map<string, number>();

  const gatheredOf = (config: MigrationConfig): Gathered => {
    const found = gathered.get(config.name);
    if (found !== undefined && (found.config === config || found.mark === markOf(config))) return found;
    // What was compared in another way than now says nothing of now.
    const fresh = { config, mark: markOf(config), counts: new Map(), comparisons: [] };
    gathered.set(config.name, fresh);
    return fresh;
  };
  const count = (config: MigrationConfig, counts: Counts): void => {
    const { counts: sums } = gatheredOf(config);
    for (const [name, more] of Object.entries(counts))
      if (sums.has(name) || sums.size < mostCounts) sums.set(name, (sums.get(name) ?? 0) + more);
  };
  const add = (config: MigrationConfig, comparison: Omit<ComparedTurn, 'id'>): void => {
    const { comparisons } = gatheredOf(config);
    if (comparisons.length < mostWaiting) comparisons.push(comparison);
    else dropped(config.name);
  };
  const since = ({ compare }: MigrationConfig): number => Date.now() - compare.keepMs;
  const enter = async (config: MigrationConfig): Promise<void> => {
    const { mark, counts, comparisons } = gatheredOf(config);
    gathered.delete(config.name);
    const page = { name: config.name, mark, counts: Object.fromEntries(counts), comparisons, since: since(config) };
    try {
      await book.enter(page);
    } catch (thrown) {
      count(config, page.counts);
      for (const comparison of comparisons) add(config, comparison);
      throw thrown;
    }
  };
  const figures = async (config: MigrationConfig): Promise<Figures> => {
    const found = figuresOf(await book.counts(config.name, markOf(config)));
    floors.set(config.name, textFloorOf(found, config));
    return found;
  };
  let rounds = 0;
  const round = async (): Promise<void> => {
    rounds += 1;
    const all = configs();
    try {
      for (const { config } of [...gathered.values()]) await enter(config);
      if (rounds % dropEvery === 0) for (const config of all) await enter(config);
      if (rounds % readEvery === 0) for (const config of all) known(config, await figures(config));
      back();
    } catch (thrown) {
      away(thrown);
    }
  };
  let working: Promise<void> | undefined;
  const timer = setInterval(() => {
    if (gathered.size === 0 && configs().length === 0) return;
    working ??= round().finally(() => {
      working = undefined;
    });
  }, keepEveryMs).unref();

  return {
    count,
    add,
    figures,
    textFloor: (config) => floors.get(config.name) ?? config.compare.text,
    list: (config, question) => book.list(config.name, { ...question, mark: markOf(config), since: since(config) }),
    forget(conversationId) {
      for (const { comparisons } of gathered.values())
        for (let at = comparisons.length - 1; at >= 0; at -= 1)
          if (comparisons[at]?.conversationId === conversationId) comparisons.splice(at, 1);
      book.forget(conversationId).catch(away);
    },
    async reset(config) {
      gathered.delete(config.name);
      await book.reset(config.name);
    },
    async close() {
      clearInterval(timer);
      await working;
      if (gathered.size > 0) await round();
    },
  };
}

const marks = new WeakMap<MigrationConfig, string>();

/** What is compared with what, and how. No secret decides it. */
function markOf(config: MigrationConfig): string {
  const known = marks.get(config);
  if (known !== undefined) return known;
  const { from, to, compare } = config;
  const source = 'passthrough' in from ? [from.passthrough, from.agent ?? ''] : from.backend;
  const mark = hash('sha256', JSON.stringify([source, to, compare]), 'base64url').slice(0, 16);
  marks.set(config, mark);
  return mark;
}
