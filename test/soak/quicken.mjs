// Loaded before the program in a soak: what the gateway keeps for half a minute or more (channels of feeds, idempotency keys that expire) is let
// go in a three-hundredth of the time, within a round. Such waits keep no process running: they are intervals, or are `unref`ed. A
// limit on how long something may take stays what it is, however slow the machine.
const patience = 30_000;
const quicker = (milliseconds) => (milliseconds >= patience ? milliseconds / 300 : milliseconds);

const { setInterval, setTimeout } = globalThis;
globalThis.setInterval = (work, milliseconds, ...values) => setInterval(work, quicker(milliseconds), ...values);
globalThis.setTimeout = (work, milliseconds, ...values) => {
  const timer = setTimeout(work, milliseconds, ...values);
  if (milliseconds < patience) return timer;
  const unref = timer.unref.bind(timer);
  timer.unref = () => {
    timer._idleTimeout = quicker(milliseconds); // what `refresh` begins anew with
    return unref().refresh();
  };
  return timer;
};
