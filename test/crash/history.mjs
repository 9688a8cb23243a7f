import { operator } from '../support/speakers.mjs';
import { compare } from './ledger.mjs';

const readersAtOnce = 8;
const key = { headers: { 'x-api-key': 'demo-key' } };

/**
 * Reads every conversation that there is, and compares those of the ledgers with what was acknowledged. Each is read in its own
 * dialect too, where that has a call for it. Gives what is wrong, in words, and how much was read.
 */
export async function examine(web, ledgers) {
  const problems = [];
  const { innerIds, total } = await survey(web);
  let messages = 0;
  async function look(ledger) {
    const tell = (problem) => problems.push(`${ledger.name} ${ledger.id}: ${problem}`);
    const inner = innerIds.get(ledger.id);
    if (ledger.deletion !== undefined) {
      if (ledger.deletion === 'acknowledged' && inner !== undefined) tell('is there again after its deletion');
      return;
    }
    if (inner === undefined) {
      // Who got an answer was told where.
      const isKnown = ledger.id !== undefined ? isAcknowledged(ledger) : ledger.turns.some(({ reply }) => reply);
      if (isKnown) tell('is gone');
      return;
    }
    try {
      const stored = await transcript(web, inner);
      messages += stored.length;
      for (const problem of compare(ledger, stored)) tell(problem);
      const shown = await readers[ledger.name]?.(web, ledger.id);
      if (shown !== undefined && !sameTexts(shown, stored)) tell('reads differently in its own dialect');
    } catch (failure) {
      tell(`cannot be read: ${failure.message}`);
    }
  }
  await eachOf(ledgers, look);
  return { problems, conversations: total, messages };
}

/** What is told of the ledgers' turns in conversations that are none of theirs, in words: a turn that was repeated may have begun another. */
export async function examineOthers(web, ledgers) {
  const { innerIds, spoken } = await survey(web);
  const known = ledgers.filter(({ id }) => innerIds.has(id));
  const own = new Set(known.map(({ id }) => innerIds.get(id)));
  const texts = new Set(known.flatMap(({ turns }) => turns.map(({ text }) => text)));
  const problems = [];
  const others = spoken.filter((id) => !own.has(id));
  await eachOf(others, async (id) => {
    for (const { role, text } of await transcript(web, id)) {
      if (role === 'visitor' && texts.has(text)) problems.push(`${id}: stored twice, in two conversations: “${text}”`);
    }
  });
  return problems;
}

/** Chats are acknowledged by their id, which only an answer can tell; the ids of others are the client's own. */
const isAcknowledged = ({ name, turns }) =>
  name.startsWith('homie') || name === 'tenant-chats' || turns.some(({ begun, reply }) => begun || reply !== undefined);

const sameTexts = (shown, stored) =>
  shown.length === stored.length && shown.every((text, index) => text === stored[index].text);

async function eachOf(entries, work) {
  const waiting = entries.values();
  const workOn = async () => {
    for (const entry of waiting) await work(entry);
  };
  await Promise.all(Array.from({ length: readersAtOnce }, workOn));
}

/** The id inside of every id outside, of all conversations; and those in which something was said. */
async function survey(web) {
  const innerIds = new Map();
  const entries = await pages((offset) =>
    web.get('GET', `${operator.conversations}?limit=100&offset=${offset}`, operator),
  );
  // One in which nothing was said yet may be there beside the one that has its ids, and is about to go.
  const inOrder = entries.toSorted((one, other) => one.messageCount - other.messageCount);
  for (const { id, publicIds, participant } of inOrder) {
    const outside = [id, `conv_${id.replaceAll('-', '')}`, participant.sessionId, ...Object.values(publicIds)];
    for (const known of outside) innerIds.set(known, id);
  }
  innerIds.delete(undefined);
  const spoken = entries.filter(({ messageCount }) => messageCount > 0).map(({ id }) => id);
  return { innerIds, spoken, total: entries.length };
}

function transcript(web, id) {
  return pages((offset) =>
    web.get('GET', `/admin/v1/conversations/${id}/messages?limit=100&offset=${offset}`, operator),
  );
}

async function pages(read) {
  const entries = [];
  for (let total = 1; entries.length < total; ) {
    const page = await read(entries.length);
    total = page.total;
    entries.push(...page.entries);
    if (page.entries.length === 0 && entries.length < total) throw new Error('a page is empty before the end');
  }
  return entries;
}

/** The texts of a conversation as its own dialect lists them; a hundred turns are never reached here. */
const readers = {
  homie: readHomie,
  'homie events': readHomie,
  async 'tenant-chats'(web, id) {
    const { messages } = await web.get('GET', `/api/v1/chats/${id}/messages?limit=100`, key);
    return messages.map(({ content }) => content);
  },
  async widget(web, id) {
    const { messages } = await web.get('GET', `/api/v1/chat/history?site_key=sk_demo&session_id=${id}&limit=100`);
    return messages.map(({ content }) => content);
  },
};

async function readHomie(web, id) {
  const { items } = await web.get('GET', `/v1/chats/${id}/messages?size=100`, key);
  return items.map(({ content }) => content);
}
