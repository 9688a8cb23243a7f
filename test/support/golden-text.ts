import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The text of a file under `test/golden/`, to compare `found` with; throws if there is none. With DRAGOMAN_GOLDEN=write the file
 * becomes what was found: a changed file is a changed contract, and is read as one.
 */
export function goldenText(path: string, found: string): string {
  const file = fileURLToPath(new URL(`../golden/${path}`, import.meta.url));
  if (process.env['DRAGOMAN_GOLDEN'] === 'write') {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, found);
  }
  return readFileSync(file, 'utf8');
}
