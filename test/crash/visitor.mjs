import { speakers } from '../support/speakers.mjs';
import { createLedger } from './ledger.mjs';

const questions = [
  'Do you ship to Canada?',
  'Does the blue hoodie come in size L?',
  'What are your business hours?',
  'Hello',
];
const turnsOfConversation = 20;

/** Dialects in which a turn that got no answer may be sent again, and must then be there once. */
const repeatable = new Set(['item-discovery', 'agent-slug', 'agent-slug stream', 'widget']);

let count = 0;

/**
 * A visitor who goes through one conversation after another, as the gateway lets them: `step()` makes one call, and writes into
 * the ledgers what was acknowledged. After a `step()` that failed the next one goes on in the same conversation.
 */
export function createVisitor({ name, web, ledgers }) {
  let ledger;
  let speaker;
  let pending;

  async function begin() {
    const next = speakers[name](web);
    await next.open();
    speaker = next;
    ledger = createLedger(name);
    ledger.id = speaker.id();
    ledgers.push(ledger);
  }

  async function say() {
    if (pending === undefined || !repeatable.has(name)) {
      count += 1;
      pending = ledger.begin(`${questions[count % questions.length]} #${count}`);
    }
    const turn = pending;
    turn.reply = await speaker.say(turn.text, {
      onceKey: repeatable.has(name) ? turn.text : undefined,
      onBegun: () => {
        turn.begun = true;
      },
    });
    pending = undefined;
    ledger.id = speaker.id();
  }

  /** Ends the conversation; some chats are deleted, which must hold too. */
  async function end() {
    const ended = ledger;
    ledger = undefined;
    pending = undefined;
    await speaker.close();
    if (name !== 'tenant-chats' || Math.random() < 0.5) return;
    ended.deletion = 'asked';
    const { status } = await web.ask('DELETE', `/api/v1/chats/${ended.id}`, { headers: { 'x-api-key': 'demo-key' } });
    if (status === 200) ended.deletion = 'acknowledged';
    else if (status === 409)
      ended.deletion = undefined; // its socket is still known
    else throw new Error(`A deletion was answered ${status}`);
  }

  return {
    async step() {
      if (ledger === undefined) await begin();
      else if (ledger.turns.length >= turnsOfConversation && pending === undefined) await end();
      else await say();
    },
  };
}
