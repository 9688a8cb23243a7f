/** Longer than any answer takes. */
const patienceMs = 30_000;

/**
 * So many visitors at once, each asking again as soon as it has the whole answer. Gives the number of turns and reads, and the
 * milliseconds of every whole answer and every first frame; rejects at the first wrong answer, and when one does not come.
 */
export async function load(visitors, { mode, frames }, milliseconds) {
  const until = performance.now() + milliseconds;
  const tally = { turns: 0, reads: 0, waits: [], firsts: [] };
  const ask = async (visitor) => {
    do {
      const askedAt = performance.now();
      const { firstAt, reads } = await visitor.say(mode, frames);
      tally.waits.push(performance.now() - askedAt);
      if (firstAt !== undefined) tally.firsts.push(firstAt - askedAt);
      tally.turns += 1;
      tally.reads += reads;
    } while (performance.now() < until);
  };
  let deadline;
  const stalled = new Promise((_, reject) => {
    deadline = setTimeout(() => reject(new Error('An answer never came')), milliseconds + patienceMs);
  });
  await Promise.race([Promise.all(visitors.map(ask)), stalled]).finally(() => clearTimeout(deadline));
  return tally;
}

/** The value under which so great a share of the numbers lies; `undefined` of none. */
export const quantile = (numbers, share) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length * share)];

/** The number in the middle, or half-way between the two that are; `undefined` of none. */
export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined ? undefined : (low + high) / 2;
}
