import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedStore } from '../../../src/stores/embedded/index.ts';
import { storeContract } from '../../support/store-contract.ts';

storeContract('embedded', async () => {
  const path = await mkdtemp(join(tmpdir(), 'dragoman-store-'));
  return {
    open: () => openEmbeddedStore({ path }),
    remove: () => rm(path, { recursive: true }),
  };
});
