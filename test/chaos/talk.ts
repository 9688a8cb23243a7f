import { setTimeout as pause } from 'node:timers/promises';
import type { Ledger } from '../crash/ledger.mjs';
import { createVisitor } from '../crash/visitor.mjs';
import { speakers } from '../support/speakers.mjs';
import type { Web } from '../support/web.mjs';
import { inTime, lived } from './lived.ts';
import { type Outcome, outcomeOf } from './outcomes.ts';

/** Conversations at once: most wait, for an answer or for the place of a process that died. */
const crowd = 64;
/** A visitor who gets no answer for so long gives up; a turn of a process that died is free again after ten seconds. */
const patienceMs = 60_000;
/** Of so many chats one is deleted at its end; the others are read. */
const deleting = 10;

export interface Talk {
  readonly ledgers: readonly Ledger[];
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly halfBegun: Promise<void>;
  readonly allBegun: Promise<void>;
  readonly ended: Promise<unknown>;
}

/** Lets so many conversations be held, some at once, in all dialects. What may not be goes to `problems`, in words. */
export function beginTalk(conversations: number, web: Web, problems: Set<string>): Talk {
  const ledgers: Ledger[] = [];
  const outcomes: Record<Outcome, number> = { answered: 0, refused: 0, failed: 0, broken: 0, untold: 0 };
  const names = Object.keys(speakers);
  let begun = 0;
  const [half, all] = [createMoment(), createMoment()];

  async function hold(name: string): Promise<void> {
    const turnsOfConversation = 2 + Math.floor(Math.random() * 2);
    const visitor = createVisitor({ name, web, ledgers, turnsOfConversation, deleting });
    let attempts: string[] = [];
    for (let since = lived(); visitor.ended() === 0; ) {
      try {
        await inTime(patienceMs, visitor.step());
        outcomes.answered += 1;
        [since, attempts] = [lived(), []];
      } catch (failure) {
        const outcome = outcomeOf(failure);
        if (outcome === undefined) problems.add(`${name}: ${inWords(failure)}`);
        else outcomes[outcome] += 1;
        const waited = lived() - since;
        attempts.push(`${outcome ?? 'wrong'} after ${waited} ms`);
        if (waited > patienceMs) {
          problems.add(`${name}: gave up, ${attempts.join(', ')}: ${inWords(failure)}`);
          return;
        }
        await pause(50 + Math.random() * 100); // as a good client does
      }
    }
  }
  async function holdOneAfterTheOther(): Promise<void> {
    while (begun < conversations) {
      const name = names[begun % names.length] ?? '';
      begun += 1;
      if (begun === Math.ceil(conversations / 2)) half.come();
      if (begun === conversations) all.come();
      await hold(name);
    }
  }
  const ended = Promise.all(Array.from({ length: crowd }, holdOneAfterTheOther));
  return { ledgers, outcomes, halfBegun: half.came, allBegun: all.came, ended };
}

function createMoment() {
  let come = () => {};
  const came = new Promise<void>((resolve) => {
    come = resolve;
  });
  return { came, come: () => come() };
}

const inWords = (failure: unknown): string =>
  failure instanceof Error ? `${failure.name}: ${failure.message}` : String(failure);
