import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a script in another language prints: the answers that it had, one a line. */
async function run(program, script, { gateway }) {
  const path = fileURLToPath(new URL(`../scripts/${script}`, import.meta.url));
  const child = spawn(program, [path, gateway.url, gateway.key], { stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (printed += text));
  const code = await new Promise((resolve) => child.once('close', resolve));
  assert.equal(code, 0, printed);
  return printed.trim().split('\n');
}

const startedAt = () => performance.now();

const casesOf = (program, folder) => ({
  async plain(at) {
    assert.deepEqual(await run(program, `${folder}/plain.${folder}`, at), ['Hello from the vendor.']);
  },
  async streamed(at) {
    const since = startedAt();
    assert.deepEqual(await run(program, `${folder}/streamed.${folder}`, at), ['Hello from the vendor.']);
    assert.ok(performance.now() - since < 10_000, 'it waits for its connection to end');
  },
});

/** A program that is there, or why its clients are not tried. */
function missing(program, ...check) {
  return spawnSync(program, check).status === 0 ? undefined : new Error(`${program} is not there: install it`);
}

const python = '/usr/bin/python3'; // Debian's, with Debian's packages

export const libraries = [
  {
    name: 'Python requests',
    api: 'agent-slug',
    missing: missing(python, '-c', 'import requests'),
    cases: casesOf(python, 'py'),
  },
  {
    name: 'PHP file_get_contents',
    api: 'agent-slug',
    missing: missing('php', '-v'),
    cases: casesOf('php', 'php'),
  },
];
