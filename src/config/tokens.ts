import type { KeyLimits } from './config.ts';
import { type Place, stepInto } from './path.ts';
import { type Problem, showValue } from './problems.ts';
import type { WrittenLimits } from './written.ts';

/** What a reply is expected to take. Our choice. */
const defaultReserve = 1_000;

/** Limits with every default in place. */
export function resolveLimits<Limits extends KeyLimits>({ tokens, ...limits }: WrittenLimits<Limits>) {
  return tokens === undefined ? limits : { ...limits, tokens: { reserve: defaultReserve, ...tokens } };
}

/** A day's tokens are more than are set aside for one reply: nobody would ever be answered otherwise. */
export function checkTokens({ path, value }: Place): readonly Problem[] {
  const [perDay, reserve = defaultReserve] = [stepInto(value, 'perDay'), stepInto(value, 'reserve')];
  if (typeof perDay !== 'number' || typeof reserve !== 'number' || perDay > reserve) return [];
  const expected = `more than reserve, which is ${reserve}${stepInto(value, 'reserve') === undefined ? ' unless set' : ''}`;
  return [{ path: [...path, 'perDay'], expected, got: showValue(perDay) }];
}
