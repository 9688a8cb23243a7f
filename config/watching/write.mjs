import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorCodes } from '../../dist/errors/index.js';
import { watchingFiles } from './files.mjs';

for (const [path, text] of Object.entries(watchingFiles(errorCodes))) {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url));
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
