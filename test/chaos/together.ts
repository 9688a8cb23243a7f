import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Ledger } from '../crash/ledger.mjs';
import { Failed, Unended } from '../support/speakers/answers.mjs';
import type { Web } from '../support/web.mjs';
import { lived } from './lived.ts';
import { outcomeOf } from './outcomes.ts';

/** A site whose visitors do so, as the configuration has it. Where one attempt takes long, the next one answers at once. */
export const together = {
  site: { key: 'sk_together', origins: ['https://shop.example'], agent: 'support-agent', route: { backend: 'uneven' } },
  options: { pieces: 6, pauseMs: 400, isEven: false },
};

const groupEveryMs = 75;
/** So many ask the same thing. */
const groupSize = 3;
/** What comes so much later still finds the answer on its way, in milliseconds. */
const laterMs = 200;
const patienceMs = 60_000;

export interface Together {
  /** What each group was answered. */
  readonly ledgers: readonly Ledger[];
  /** In words: a caller who got no answer, or another one than the rest of its group. */
  readonly problems: readonly string[];
}

/** Has a widget's message sent several times at once, until it is told to stop: who asks while another is answered reads along. */
export async function askTogether(web: Web, signal: AbortSignal): Promise<Together> {
  const ledgers: Ledger[] = [];
  const problems: string[] = [];
  async function group(): Promise<void> {
    const id = `sess_${randomUUID()}`;
    const text = `Together ${id}`;
    const json = { site_key: together.site.key, session_id: id, message: text, message_id: text };
    const ask = async () => {
      await pause(Math.random() * laterMs);
      return insist(() => whole(web, json));
    };
    const answers = await Promise.allSettled(Array.from({ length: groupSize }, ask));
    const replies = new Set<string>();
    for (const answer of answers) {
      if (answer.status === 'fulfilled') replies.add(answer.value);
      else problems.push(`“${text}” was not answered: ${answer.reason}`);
    }
    const [reply] = replies;
    ledgers.push({ name: 'together', id, turns: [{ text, begun: true, reply }], deletion: undefined });
    if (replies.size > 1) problems.push(`“${text}” was answered with ${[...replies].join(' and ')}`);
  }
  const groups: Promise<void>[] = [];
  while (!signal.aborted) {
    groups.push(group());
    await pause(groupEveryMs);
  }
  await Promise.all(groups);
  return { ledgers, problems };
}

/** Reads one answer to its end. */
async function whole(web: Web, json: unknown): Promise<string> {
  let text = '';
  for await (const data of web.events('POST', '/api/v1/chat/stream', { json })) {
    const { type, content = '' }: { readonly type: string; readonly content?: string } = JSON.parse(data);
    if (type === 'error') throw new Failed(data);
    if (type === 'done') return text;
    text += content;
  }
  throw new Unended('The stream ended without its end');
}

/** Asks until that succeeds, as long as nothing goes wrong that may not. */
async function insist(ask: () => Promise<string>): Promise<string> {
  for (const since = lived(); ; ) {
    try {
      return await ask();
    } catch (failure) {
      if (outcomeOf(failure) === undefined || lived() - since > patienceMs) throw failure;
      await pause(50 + Math.random() * 100);
    }
  }
}
