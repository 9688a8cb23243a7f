import { setImmediate } from 'node:timers/promises';

/** How long work on a catalogue may keep others from the event loop. Our choice: well below what anybody notices. */
const turnMs = 10;
/** Looking at the clock costs too. */
const perLook = 16;

/** Visits each of a list, and lets others have a turn on the event loop again and again. */
export async function inTurns<Thing>(list: Iterable<Thing>, visit: (thing: Thing) => void): Promise<void> {
  let until = performance.now() + turnMs;
  let count = 0;
  for (const thing of list) {
    visit(thing);
    count += 1;
    if (count % perLook !== 0 || performance.now() < until) continue;
    await setImmediate();
    until = performance.now() + turnMs;
  }
}
