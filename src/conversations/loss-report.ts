import type { InputOf } from '../canonical/index.ts';
import { carriesOf } from '../dialects/carries.ts';
import { dialects } from '../dialects/registry.ts';
import type { AdminCaller } from './caller.ts';
import { lossBetween } from './loss.ts';
import type { DocumentAnswer, Services } from './services.ts';

/** What gets lost between each dialect and each backend of the configuration. */
export function reportLoss(
  { backends }: Services,
  _input: InputOf<'report-loss'>,
  _caller: AdminCaller,
): Promise<DocumentAnswer<'report-loss'>> {
  const pairs = dialects.flatMap((dialect) =>
    [...backends.values()].map((backend) => ({
      dialect: dialect.name,
      backend: backend.name,
      ...lossBetween(carriesOf(dialect), backend.carries),
    })),
  );
  return Promise.resolve({ value: { pairs } });
}
