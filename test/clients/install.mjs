import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));

/** Installs what the lock file names where it is not there, or says that it cannot. */
export function install() {
  const isThere = existsSync(`${folder}node_modules/.package-lock.json`);
  if (isThere && spawnSync('npm', ['ls', '--silent'], { cwd: folder }).status === 0) return;
  const given = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  if (spawnSync('npm', given, { cwd: folder, stdio: 'inherit' }).status === 0) return;
  console.error('The client libraries cannot be installed: they come from the package registry, which does not answer');
  process.exit(1);
}
