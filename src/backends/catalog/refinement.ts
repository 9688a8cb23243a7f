import { isAspect, isColour, isPerson } from './language/concepts.ts';
import type { Speech } from './language/index.ts';
import type { LastAnswer } from './past.ts';
import { type Request, readRequest } from './request.ts';

type Wording = Pick<Request, 'cues' | 'folded'>;

/** Whether a message points at something that was spoken of: `it`, `these`. */
export const pointsBack = ({ cues, folded }: Wording): boolean =>
  cues.pointer.test(folded) || cues.demonstrative.test(folded);

/** The same, or at a place in a list: `the second one`. */
export const points = (request: Wording): boolean =>
  pointsBack(request) || request.cues.ordinals.some((cue) => cue.test(request.folded));

export const ranks = ({ cues, folded }: Wording): boolean => cues.cheapest.test(folded) || cues.dearest.test(folded);

/** Whether a message limits what a list may have, and no choice of one product: `under 40 euros`, `not the blue one`. */
const limits = (request: Request): boolean =>
  request.minPrice !== undefined ||
  request.maxPrice !== undefined ||
  request.without.length > 0 ||
  request.overlooked.length > 0 ||
  request.age !== undefined ||
  ranks(request);

/** Whether a message says whom something is for: `and for men?`, `for me in L`. */
const isForOther = ({ cues, folded, words }: Request): boolean => words.some(isPerson) || cues.oneself.test(folded);

/** Whether a message says only how something is to be, not what: `in black`, `under 40 euros`. */
function isRefining(request: Request): boolean {
  const isOfOne = points(request) && !ranks(request);
  if (request.count !== undefined || isOfOne) return false;
  if (!request.words.every((word) => isColour(word) || isPerson(word))) return false;
  // A present is something to look for.
  if (request.cues.gift.test(request.folded)) return false;
  return limits(request) || request.size !== undefined || request.words.length > 0;
}

/** As many earlier messages say what a message goes on from. */
const maxBefore = 6;

/**
 * A message that says only how something is to be asks for what was looked for last, with what was said of that since; what it says
 * itself goes before. After one product, a colour or a size is a question about that product.
 */
export async function refinedRequest(
  asked: Request,
  speech: Speech,
  answersBefore: () => Promise<readonly LastAnswer[]>,
): Promise<Request> {
  if (asked.cues.wholeShop.test(asked.folded)) return asked;
  if (isForAnother(asked)) return giftFor(asked, speech, await answersBefore());
  if (!isRefining(asked)) return asked;
  const answers = await answersBefore();
  const [last] = answers;
  if (last === undefined || last.items.length < (limits(asked) || isForOther(asked) ? 1 : 2)) return asked;
  // `the cheapest of these`
  if (last.items.length > 1 && points(asked)) return asked;
  const since: Request[] = [];
  for (const { asked: text, items } of answers.slice(0, maxBefore)) {
    const before = readRequest(text, speech);
    if (isRefining(before)) since.unshift(before);
    else if (!points(before) && (items.length > 0 || !before.cues.topic.test(before.folded)))
      return items.length === 0 || before.words.length === 0 ? asked : [...since, asked].reduce(refine, before);
  }
  return asked;
}

/** `And for my sister?` */
const isForAnother = ({ cues, folded, words }: Request): boolean =>
  !cues.gift.test(folded) && cues.recipient.test(folded) && words.length < 2;

/** A message that only names somebody, after one that looked for a present, looks for a present. */
function giftFor(asked: Request, speech: Speech, answers: readonly LastAnswer[]): Request {
  const before = readRequest(answers[0]?.asked ?? '', speech);
  if (!before.cues.gift.test(before.folded)) return asked;
  return { ...before, ...asked, folded: `${asked.folded} ${before.folded}` };
}

function refine(before: Request, next: Request): Request {
  const isReplaced = (word: string): boolean =>
    (next.words.some(isColour) && isColour(word)) ||
    (next.size !== undefined && /^\d{2,3}$/.test(word)) ||
    // Whom it is for now: `and for men?`, `for me in L`.
    (isForOther(next) && isPerson(word));
  const isOfDegree = before.cues.degree.test(before.folded);
  const things = before.words.filter((word) => !isReplaced(word) && !(isOfDegree && isAspect(word)));
  const isPriced = next.minPrice !== undefined || next.maxPrice !== undefined;
  const { minPrice: _, maxPrice: __, currency: ___, ...unpriced } = before;
  return {
    ...(isPriced ? unpriced : before),
    ...next,
    text: `${before.text} ${next.text}`,
    words: [...new Set([...things, ...next.words])],
    without: [...before.without, ...next.without],
    overlooked: [...before.overlooked, ...next.overlooked],
  };
}
