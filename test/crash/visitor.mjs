import { speakers } from '../support/speakers.mjs';
import { Refused } from '../support/web.mjs';
import { createLedger } from './ledger.mjs';

const questions = [
  'Do you ship to Canada?',
  'Does the blue hoodie come in size L?',
  'What are your business hours?',
  'Hello',
];

/** Dialects in which a turn that got no answer cannot be sent again; in the others it must then be there once. */
const unrepeatable = new Set(['tenant-chats']);

let count = 0;

/**
 * A visitor who goes through one conversation after another, as the gateway lets them: `step()` makes one call, and writes into
 * the ledgers what was acknowledged. After a `step()` that failed the next one goes on in the same conversation. `ended()` tells how
 * many conversations it has come to the end of. Of `deleting` chats that can be, one is deleted at its end.
 */
export function createVisitor({ name, web, ledgers, turnsOfConversation = 20, deleting = 2 }) {
  const repeatable = !unrepeatable.has(name);
  let ledger;
  let speaker;
  let pending;
  let ended = 0;

  async function begin() {
    const next = speakers[name](web);
    await next.open();
    speaker = next;
    ledger = createLedger(name);
    ledger.id = speaker.id();
    ledgers.push(ledger);
  }

  async function say() {
    if (pending === undefined || !repeatable) {
      count += 1;
      pending = ledger.begin(`${questions[count % questions.length]} #${count}`);
    }
    const turn = pending;
    turn.reply = await speaker.say(turn.text, {
      onceKey: repeatable ? turn.text : undefined,
      onBegun: () => {
        turn.begun = true;
      },
    });
    pending = undefined;
    ledger.id = speaker.id();
  }

  /** Ends the conversation; some chats are deleted, which must hold too. */
  async function end() {
    const last = ledger;
    ledger = undefined;
    pending = undefined;
    ended += 1;
    await speaker.close();
    if (name !== 'tenant-chats' || Math.random() >= 1 / deleting) return;
    last.deletion = 'asked';
    const { status } = await web.ask('DELETE', `/api/v1/chats/${last.id}`, { headers: { 'x-api-key': 'demo-key' } });
    if (status === 200) last.deletion = 'acknowledged';
    else if (status === 409)
      last.deletion = undefined; // its socket is still known
    else throw new Refused('The deletion of a chat', status, '');
  }

  return {
    ended: () => ended,
    async step() {
      if (ledger === undefined) await begin();
      else if (ledger.turns.length >= turnsOfConversation && pending === undefined) await end();
      else await say();
    },
  };
}
