import { speakers } from '../support/speakers.mjs';

const questions = [
  'Do you ship to Canada?',
  'Does the blue hoodie come in size L?',
  'Which desk would you recommend for heavy tools?',
  'What are your business hours?',
  'Hello',
];
const turnsOfConversation = 8;
/** Of so many turns one is left in the middle. */
const leaving = 12;
/** Of so many turns one can be repeated: its key is remembered for a day. */
const repeatable = 4;

/** One visitor after another of one dialect, until no turns are left; nobody is connected any more when it resolves. */
export async function visit(web, name, quota) {
  while (quota.turns > 0) {
    const speaker = speakers[name](web);
    await speaker.open();
    const follower = name === 'homie' ? follow(web, speaker.id()) : undefined;
    for (let turn = 0; turn < turnsOfConversation && quota.turns > 0; turn += 1) {
      quota.turns -= 1;
      const leaveAfter = Math.random() < 1 / leaving ? Math.floor(Math.random() * 4) : undefined;
      const onceKey = Math.random() < 1 / repeatable ? crypto.randomUUID() : undefined;
      const question = questions[Math.floor(Math.random() * questions.length)];
      const reply = await speaker.say(question, { leaveAfter, onceKey });
      if (reply === undefined) quota.left += 1;
      else if (reply === '') throw new Error(`${name}: an empty answer to “${question}”`);
    }
    await follower?.leave();
    await speaker.close();
  }
}

/** Reads a chat's events beside its calls, as a page of the shop would. */
function follow(web, id) {
  const controller = new AbortController();
  const options = { headers: { 'x-api-key': 'demo-key' }, signal: controller.signal };
  const reading = (async () => {
    for await (const _event of web.events('GET', `/v1/chats/${id}/events`, options));
  })().catch((error) => {
    if (!controller.signal.aborted) throw error;
  });
  return {
    leave() {
      controller.abort();
      return reading;
    },
  };
}

/** Begins so many conversations in which nobody says a word. */
export async function beginMany(web, count) {
  let left = count;
  const begin = async () => {
    while (left > 0) {
      left -= 1;
      await speakers.homie(web).open();
    }
  };
  await Promise.all(Array.from({ length: 64 }, begin));
}
