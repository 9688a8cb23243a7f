// Loaded before the program in a soak: a wait of half a minute or more takes a three-hundredth of its time, so that what the gateway
// keeps for a while (channels of feeds, once-keys that expire) is let go within a round.
const patience = 30_000;
for (const name of ['setTimeout', 'setInterval']) {
  const original = globalThis[name];
  globalThis[name] = (work, milliseconds, ...values) =>
    original(work, milliseconds >= patience ? milliseconds / 300 : milliseconds, ...values);
}
