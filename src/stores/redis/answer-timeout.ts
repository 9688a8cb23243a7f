/** Our choice: a caller waits no longer than a second for a limit. Less, and a machine that is busy would have its limits several times. */
const tickMs = 100;
const maxTicks = 10;

export class NoAnswer extends Error {
  constructor() {
    super(`Redis did not answer within ${maxTicks * tickMs} ms`);
  }
}

export interface AnswerTimeout {
  /** The answer, or a rejection with `NoAnswer` if it takes too long. `late` is told what was answered after that. */
  await<T>(answer: Promise<T>, late?: (answer: T) => void): Promise<T>;
}

interface Waiter {
  ticks: number;
  giveUp(): void;
}

/** Waits by the beats of one clock, which stands still while this process does: who could not listen has not waited. */
export function createAnswerTimeout(): AnswerTimeout {
  const waiting = new Set<Waiter>();
  let clock: NodeJS.Timeout | undefined;
  const tick = (): void => {
    for (const waiter of waiting) {
      waiter.ticks += 1;
      if (waiter.ticks > maxTicks) waiter.giveUp(); // the first beat came too early
    }
    if (waiting.size > 0) return;
    clearInterval(clock);
    clock = undefined;
  };
  return {
    await<T>(answer: Promise<T>, late?: (answer: T) => void): Promise<T> {
      return new Promise((resolve, reject) => {
        const waiter: Waiter = {
          ticks: 0,
          giveUp() {
            waiting.delete(waiter);
            reject(new NoAnswer());
          },
        };
        waiting.add(waiter);
        clock ??= setInterval(tick, tickMs).unref();
        const answered = (value: T): void => {
          if (waiting.delete(waiter)) resolve(value);
          else late?.(value);
        };
        const failed = (reason: Error): void => {
          waiting.delete(waiter);
          reject(reason);
        };
        answer.then(answered, failed);
      });
    },
  };
}
