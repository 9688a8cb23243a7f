/** Preloaded into a program: on SIGUSR2 it prints how many promises the program has made so far. */
import { createHook } from 'node:async_hooks';

let promises = 0;
createHook({
  init(_id, type) {
    if (type === 'PROMISE') promises += 1;
  },
}).enable();
process.on('SIGUSR2', () => process.stderr.write(`promises: ${promises}\n`));
