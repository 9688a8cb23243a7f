import { hash, randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type AnsweredAside, type Aside, createAside } from '../../backends/aside.ts';
import type { AnswerContext, Backend } from '../../backends/backend.ts';
import { charactersIn } from '../../backends/transcript.ts';
import { defined, type Message, type Stage, type Turn } from '../../canonical/index.ts';
import type { MigrationConfig, ShadowConfig } from '../../config/index.ts';
import type { Comparisons } from '../../migrations/comparisons.ts';
import { countOf } from '../../migrations/figures.ts';
import type { LiveMigration } from '../../migrations/migrations.ts';
import type { MigrationMetrics } from '../../observability/migration-metrics.ts';
import type { Counters } from '../../stores/coordination.ts';
import { cut, judge, keptAnswer, keptDifference, type TimedAnswer } from './judge.ts';

/** A turn that was answered, and is to be asked of the other side. */
export interface AnsweredTurn {
  readonly migration: LiveMigration;
  /** What its dialogue is told apart by. */
  readonly key: string;
  readonly turn: Turn;
  /** The name of the one in which its client is answered. */
  readonly dialect: string;
  readonly conversationId?: string;
  readonly at: string;
  readonly primary: TimedAnswer;
  /** What was said before, oldest first. */
  history(length: number): Promise<readonly Message[]>;
  readonly upload?: AnswerContext['upload'];
}

/** Who is asked beside who answers. No client waits for it, and nothing is stored but what was compared. */
export interface Shadows {
  /** Whether a dialogue is one of those whose turns are asked of the other side too, as things stand. */
  wants(migration: LiveMigration, key: string): boolean;
  /** Has a turn asked soon, where there is room; never throws. */
  offer(answered: AnsweredTurn): void;
  /** Gives up what is asked and what waits; resolves when nothing of it is left. */
  close(): Promise<void>;
}

export interface ShadowsOptions {
  readonly comparisons: Pick<Comparisons, 'add' | 'count' | 'textFloor'>;
  readonly counters: Pick<Counters, 'reserve'>;
  /** All that there are now. */
  backends(): ReadonlyMap<string, Backend>;
  readonly metrics: Pick<MigrationMetrics, 'compared' | 'differed' | 'shadowSkipped' | 'shadowSeconds'>;
}

/** So many dialogues with the other side are known in a process, and so many turns wait, with so many letters in all. Our choice. */
const mostDialogues = 10_000;
const mostWaiting = 100;
const mostLetters = 8_388_608;

/** The stages in which the new side is asked beside the old one. */
const isAsked: ReadonlySet<Stage> = new Set(['shadow', 'canary']);

/** A dialogue with the other side; without one where a turn of it was left out, so that what follows would be out of context. */
type Dialogue = { readonly aside: Aside; readonly visitor: string } | 'left out';

interface Job extends AnsweredTurn {
  readonly shadow: ShadowConfig;
  readonly backend: Backend;
  readonly name: string;
  readonly letters: number;
}

export function createShadows({ comparisons, counters, backends, metrics }: ShadowsOptions): Shadows {
  const dialogues = new LRUCache<string, Dialogue>({ max: mostDialogues });
  const busy = new Set<string>();
  const running = new Map<string, number>();
  const asking = new Set<Promise<void>>();
  let waiting: Job[] = [];
  let letters = 0;
  const closing = new AbortController();
  const { signal } = closing;

  const leaveOut = ({ migration: { config }, key }: AnsweredTurn, reason: Skipped): void => {
    metrics.shadowSkipped(config.name, reason);
    dialogues.set(dialogueKey(config, key), 'left out');
  };
  const dialogueOf = (job: Job): Dialogue => {
    const known = dialogues.get(job.name) ?? { aside: createAside(), visitor: randomUUID() };
    dialogues.set(job.name, known);
    return known;
  };
  const runJob = async (job: Job): Promise<void> => {
    const dialogue = dialogueOf(job);
    if (dialogue === 'left out') {
      metrics.shadowSkipped(job.migration.config.name, 'context');
      return;
    }
    const { config } = job.migration;
    const reserved = await reserveTokens(counters, job);
    if (reserved === undefined) {
      leaveOut(job, 'tokens');
      return;
    }
    const { history, shadow, backend, upload } = job;
    const asked = defined({ history, upload, timeoutMs: shadow.timeoutMs, isShadow: true as const, signal });
    const candidate = await dialogue.aside.ask(backend, turnFor(job.turn, dialogue.visitor), asked);
    const used = tokensOf(job, candidate);
    reserved.settle(used);
    if (signal.aborted) return;
    comparisons.count(config, { [countOf.tokens]: used });
    compareAnswers(job, candidate);
  };
  const compareAnswers = (job: Job, candidate: TimedAnswer): void => {
    const { dialect, backend, primary, conversationId, at, turn } = job;
    const { config } = job.migration;
    const { compare } = config;
    const { verdict, differences } = judge(
      { primary, candidate },
      { dialect, backend, compare, textFloor: comparisons.textFloor(config) },
    );
    const times =
      verdict === 'inconclusive' ? [] : [countOf.ms('primary', primary.ms), countOf.ms('candidate', candidate.ms)];
    const names = [countOf.verdict(verdict), ...differences.map(({ field }) => countOf.difference(field)), ...times];
    comparisons.count(config, Object.fromEntries(names.map((name) => [name, 1])));
    comparisons.add(
      config,
      defined({
        at,
        conversationId,
        operation: 'send-message' as const,
        dialect,
        text: cut(turn.text),
        verdict,
        differences: differences.map(keptDifference),
        primary: keptAnswer(primary),
        candidate: keptAnswer(candidate),
      }),
    );
    metrics.compared(config.name, verdict);
    for (const { field } of differences) metrics.differed(config.name, field);
    metrics.shadowSeconds(config.name, 'primary', primary.ms / 1_000);
    metrics.shadowSeconds(config.name, 'candidate', candidate.ms / 1_000);
  };
  const begin = (job: Job): void => {
    const { name } = job.migration.config;
    letters -= job.letters;
    busy.add(job.name);
    running.set(name, (running.get(name) ?? 0) + 1);
    const working = runJob(job)
      .catch(() => leaveOut(job, 'error'))
      .finally(() => {
        asking.delete(working);
        busy.delete(job.name);
        running.set(name, (running.get(name) ?? 1) - 1);
        beginAll();
      });
    asking.add(working);
  };
  const mayBegin = ({ name, migration, shadow }: Job): boolean =>
    !busy.has(name) && (running.get(migration.config.name) ?? 0) < shadow.concurrent;
  const beginAll = (): void => {
    if (signal.aborted) return;
    for (const job of waiting) {
      if (!mayBegin(job)) continue;
      waiting = waiting.filter((one) => one !== job);
      begin(job);
    }
  };

  return {
    wants({ config, standing: { state } }, key) {
      const { shadow } = config;
      return (
        shadow !== undefined && state !== undefined && isAsked.has(state.stage) && lotOf(config, key) < shadow.sample
      );
    },
    offer(answered) {
      const { migration, key, turn } = answered;
      const { shadow, to, name } = migration.config;
      const backend = backends().get(to.backend);
      if (signal.aborted || shadow === undefined || backend === undefined) return;
      const job = { ...answered, shadow, backend, name: dialogueKey(migration.config, key), letters: lettersOf(turn) };
      if (dialogues.get(job.name) === 'left out') metrics.shadowSkipped(name, 'context');
      else if (waiting.length >= mostWaiting || letters + job.letters > mostLetters) leaveOut(answered, 'full');
      else {
        letters += job.letters;
        waiting.push(job);
        beginAll();
      }
    },
    async close() {
      closing.abort();
      waiting = [];
      await Promise.all(asking);
    },
  };
}

type Skipped = Parameters<MigrationMetrics['shadowSkipped']>[1];

const dialogueKey = ({ name }: MigrationConfig, key: string): string => `${name} ${key}`;

/** From 0 to 1, the same for a dialogue in all processes. */
const lotOf = ({ name }: MigrationConfig, key: string): number =>
  hash('sha256', JSON.stringify(['shadow', name, key]), 'buffer').readUInt32BE() / 2 ** 32;

/** A turn of a visitor whom nobody else is, in a conversation that nobody else has, asked for the first time. */
function turnFor({ conversationId: _here, ...turn }: Turn, visitor: string): Turn {
  const { userId } = turn.participant;
  return {
    ...turn,
    clientMessageId: randomUUID(),
    participant: defined({ userId: userId === undefined ? undefined : `shadow-${visitor}`, sessionId: visitor }),
  };
}

const dayMs = 86_400_000;
/** Where nobody tells how many there were, and what a reply is expected to take. Our choice. */
const charactersAToken = 4;
const replyTokens = 500;

/** Letters that are kept while a turn waits. */
const lettersOf = ({ text, history = [], attachments }: Turn): number =>
  [...history, ...attachments].reduce(
    (sum, one) => sum + ('url' in one ? one.url.length : charactersIn(one)),
    text.length,
  );

function reserveTokens({ reserve }: Pick<Counters, 'reserve'>, { migration, shadow, letters }: Job) {
  const time = Date.now();
  const until = time - (time % dayMs) + dayMs; // the epoch began at midnight UTC
  const amount = Math.ceil(letters / charactersAToken) + replyTokens;
  return reserve(`shadow ${until} ${migration.config.name}`, amount, { most: shadow.tokensPerDay, until });
}

const tokensOf = ({ letters }: Job, { reply, sent }: AnsweredAside): number =>
  reply?.usage?.totalTokens ?? Math.ceil((Math.max(letters, sent) + (reply?.text.length ?? 0)) / charactersAToken);
