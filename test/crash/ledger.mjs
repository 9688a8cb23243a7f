/**
 * What the gateway has acknowledged of one conversation. A turn's text is its own, so that it can be found again:
 * `begun` when its message is known to be stored, `reply` when the whole answer has come.
 */
export function createLedger(name) {
  const turns = [];
  return {
    name,
    turns,
    /** The conversation's id in its dialect; none before it is known. */
    id: undefined,
    /** Whether it was asked to be deleted, and whether that was acknowledged. */
    deletion: undefined,
    begin(text) {
      const turn = { text, begun: false, reply: undefined };
      turns.push(turn);
      return turn;
    },
  };
}

/**
 * What a stored conversation lacks, or has too much of, in words; nothing if it is as it was acknowledged. Replies that broke off count
 * for nothing: there may be one for each attempt.
 */
export function compare({ turns }, messages) {
  const problems = [];
  const places = turns.map(({ text }) => indexesOf(messages, text));
  for (const [number, { text, begun, reply }] of turns.entries()) {
    const [at, again] = places[number];
    const acknowledged = begun || reply !== undefined;
    if (at === undefined && acknowledged) problems.push(`lost: “${text}”`);
    if (again !== undefined) problems.push(`stored twice: “${text}”`);
    if (at === undefined || reply === undefined) continue;
    const [answer, ...more] = answersAfter(messages, at).filter(({ status }) => status === 'complete');
    if (answer === undefined) problems.push(`lost: the reply to “${text}”`);
    else if (answer.text !== reply)
      problems.push(`changed: the reply to “${text}” was “${reply}”, and is “${answer.text}”`);
    if (more.length > 0) problems.push(`stored twice: the reply to “${text}”`);
  }
  const found = places.flat();
  if (found.some((at, index) => index > 0 && at < found[index - 1])) problems.push('out of order');
  const visitors = messages.filter(({ role }) => role === 'visitor');
  if (visitors.length > found.length) problems.push('messages that nobody sent');
  if (messages.some(({ sequence }, index) => sequence !== index + 1)) problems.push('a gap in the sequence');
  return problems;
}

function indexesOf(messages, text) {
  return messages.flatMap((message, index) => (message.role === 'visitor' && message.text === text ? [index] : []));
}

function answersAfter(messages, at) {
  const rest = messages.slice(at + 1);
  const next = rest.findIndex(({ role }) => role === 'visitor');
  return next === -1 ? rest : rest.slice(0, next);
}
