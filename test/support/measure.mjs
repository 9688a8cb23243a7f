import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** Arguments for Node under which a program can be measured. */
export const measurable = ['--expose-gc', '--import', fileURLToPath(new URL('./measured.mjs', import.meta.url))];

/**
 * What a program that was started with `measurable` has used: CPU of all its threads and of the main one in microseconds, memory in bytes (`heapUsed`, `external`, `rss`, …),
 * what keeps its event loop going (`resources`, by name), and
 * `anonymous`, the resident memory without mapped files such as the store's. With `collect` after a garbage collection.
 */
export async function measure({ child }, { collect = false } = {}) {
  const told = once(child, 'message');
  child.send(collect ? 'collect' : 'measure');
  const [usage] = await told;
  return { ...usage, anonymous: await anonymousMemory(child.pid), mainMicroseconds: await mainThread(child.pid) };
}

/** CPU of the thread that runs JavaScript, to a hundredth of a second. */
async function mainThread(pid) {
  const line = await readFile(`/proc/${pid}/task/${pid}/stat`, 'utf8').catch(() => '');
  const [user = 0, system = 0] = line
    .slice(line.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return (Number(user) + Number(system)) * 10_000;
}

/** Only Linux tells; zero elsewhere. */
async function anonymousMemory(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}
