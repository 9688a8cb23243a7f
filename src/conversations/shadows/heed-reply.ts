import type { ChatStream } from '../../canonical/index.ts';
import type { Route } from '../../config/index.ts';
import type { LiveMigration } from '../../migrations/migrations.ts';
import { type AskedTurn, contextOf } from '../answer-context.ts';
import type { Caller } from '../caller.ts';
import { chanceOf, heedEnd } from '../migrating.ts';
import { backendOf } from '../route.ts';
import type { Services } from '../services.ts';
import { listen } from './listen.ts';

export interface HeededTurn {
  readonly migration: LiveMigration;
  readonly route: Pick<Route, 'backend'>;
  readonly asked: AskedTurn;
  readonly caller: Caller;
}

/** A reply to a caller who migrates: of the new side's, it is heeded whether it failed; of the old side's, the other one may be asked too. */
export function heedReply(services: Services, stream: ChatStream, heeded: HeededTurn): ChatStream {
  const { migration, route, asked, caller } = heeded;
  const { config } = migration;
  if (config.to.backend === route.backend)
    return config.rollback === undefined ? stream : heedEnd(services, stream, migration);
  const { turn, conversation } = asked;
  const key = chanceOf(turn, conversation.id);
  if (!services.shadows.wants(migration, key)) return stream;
  const { history, upload } = contextOf(services, asked, { backend: backendOf(caller, route), caller });
  const at = caller.call.receivedAt;
  return listen(stream, (primary) =>
    services.shadows.offer({
      ...{ migration, key, turn, dialect: caller.dialect.name, at, primary, history, upload },
      conversationId: conversation.id,
    }),
  );
}
