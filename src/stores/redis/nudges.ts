import type { Nudge } from '../../canonical/index.ts';
import { type Engine, found, rowsOf } from './record.ts';

/** One call takes at most so many; the next one gets the rest. */
const mostAtOnce = 1000;

/** See `Store`. */
export async function addNudge(engine: Engine, id: string, nudge: Omit<Nudge, 'id'>): Promise<Nudge> {
  const reply = await engine.run('addNudge', rowsOf(engine, id), engine.retentionMs, JSON.stringify(nudge));
  return { ...nudge, id: found(reply, id) };
}

/** See `Store`. */
export async function takeNudges(engine: Engine, id: string): Promise<readonly Nudge[]> {
  return found(await engine.run('takeNudges', rowsOf(engine, id), mostAtOnce), id).map((text) => {
    const border = text.indexOf(' ');
    // What `addNudge` put there.
    return { ...(JSON.parse(text.slice(border + 1)) as Omit<Nudge, 'id'>), id: Number(text.slice(0, border)) };
  });
}
