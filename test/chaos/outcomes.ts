import { Failed, Untold } from '../support/speakers/answers.mjs';
import { Refused } from '../support/web.mjs';
import { Broken } from './fleet.ts';

/** What may become of a call while processes and Redis come and go. */
export type Outcome = 'answered' | 'refused' | 'failed' | 'broken' | 'untold';

/** What a call's failure is; `undefined` for one that may never be: a stream that stops as if it were whole, among others. */
export function outcomeOf(failure: unknown): Exclude<Outcome, 'answered'> | undefined {
  if (failure instanceof Refused) return failure.status === 503 ? 'refused' : undefined;
  if (failure instanceof Failed) return 'failed';
  if (failure instanceof Untold) return 'untold';
  if (failure instanceof Broken) return failure.wasKilled ? 'broken' : undefined;
  return undefined;
}
