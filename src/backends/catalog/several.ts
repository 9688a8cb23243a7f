import type { Turn } from '../../canonical/index.ts';
import type { Answer } from './answer.ts';
import { distinct } from './facts.ts';
import type { Inquiry } from './inquiry.ts';
import type { LastAnswer } from './past.ts';
import { plainOf } from './reading/plain.ts';
import { readRequest } from './request.ts';

/** No more questions of one message are answered; what comes after the last belongs to it. Our choice. */
const maxQuestions = 3;

/** More places where another one may begin are not looked at: each is read twice. */
const maxTried = 8;

/** A question is known by as many words of it. */
const opening = 4;

/**
 * The questions of a message, where it asks several: `is it waterproof, and how much is the tent?`. A text without another question is
 * one, and so is one that goes on about what it looks for: `do you have tents? For two?`.
 */
export function questionsIn({ request: { text }, speech }: Inquiry): readonly string[] {
  const { furtherOpens, furtherJoins } = speech.cues;
  const words = text.split(/\s+/).filter((word) => word !== '');
  const isJoin = (place: number): boolean => furtherJoins.has(plainOf(words[place] ?? ''));
  const opensAt = (place: number): boolean =>
    furtherOpens.test(
      plainOf(words.slice(place, place + opening).join(' '))
        .replace(/[^\p{L}\p{N}]+/gu, ' ')
        .trim(),
    );
  const questions: string[] = [];
  let from = 0;
  let tried = 0;
  for (let place = 1; place < words.length && questions.length < maxQuestions - 1 && tried < maxTried; place += 1) {
    const isAfterSentence = /[?!.;]$/.test(words[place - 1] ?? '');
    if (!isAfterSentence && !isJoin(place)) continue;
    if (!opensAt(isJoin(place) ? place + 1 : place)) continue;
    tried += 1;
    const [before, after] = [words.slice(from, place).join(' '), words.slice(place).join(' ')];
    if (!asks(before, speech) || !asks(after, speech)) continue;
    questions.push(before);
    from = place;
  }
  return [...questions, words.slice(from).join(' ')];
}

/** Whether a text asks something that can be answered by itself. */
function asks(text: string, speech: Inquiry['speech']): boolean {
  const { cues, folded, words, size } = readRequest(text, speech);
  const isQuestion = [cues.question, cues.seek, cues.price, cues.stock, cues.topic, cues.furtherOpens].some((cue) =>
    cue.test(folded.replace(/^\W+/, '')),
  );
  const isOfSomething = [cues.topic, cues.price, cues.stock, cues.pointer].some((cue) => cue.test(folded));
  return isQuestion && (words.length > 0 || size !== undefined || isOfSomething);
}

/** Asks about a part of a turn, after what was answered to the parts before. */
export type AskPart = (turn: Turn, before: () => Promise<readonly LastAnswer[]>) => Promise<Inquiry>;

/** Answers each question of a message by itself, in its order; later ones may go on from earlier ones: `and is it in stock?`. */
export async function answerEach(
  questions: readonly string[],
  {
    whole,
    ask,
    answer,
  }: { readonly whole: Inquiry; readonly ask: AskPart; readonly answer: (inquiry: Inquiry) => Promise<Answer> },
): Promise<Answer> {
  const { catalog, signal, turn, limit } = whole;
  const answers: Answer[] = [];
  let given: readonly LastAnswer[] = [];
  for (const text of questions) {
    const before = given;
    const said = await answer(await ask({ ...turn, text }, async () => [...before, ...(await whole.answers())]));
    const today = await catalog.get(
      said.items.map(({ id }) => id),
      signal,
    );
    answers.push(said);
    // Of several that were shown none is `it`.
    const items = said.items.length === 1 ? said.items.map((item) => today.get(item.id) ?? item) : [];
    given = [{ text: said.text, items, asked: text }, ...given];
  }
  return {
    text: [...new Set(answers.map(({ text }) => text))].join('\n\n'),
    items: distinct(answers.flatMap(({ items }) => items)).slice(0, Math.max(limit, questions.length)),
    suggestions: answers.at(-1)?.suggestions ?? [],
  };
}
