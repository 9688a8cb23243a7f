import { afterEach, beforeEach, describe } from 'vitest';
import type { StoreBounds } from '../../src/stores/bounds.ts';
import type { Store } from '../../src/stores/store.ts';
import { archiveContract } from './store-contract-archive.ts';
import { auditContract } from './store-contract-audit.ts';
import { boundsContract } from './store-contract-bounds.ts';
import { comparisonContract } from './store-contract-comparisons.ts';
import { conversationContract } from './store-contract-conversations.ts';
import { deletionContract } from './store-contract-deletion.ts';
import { imageContract } from './store-contract-images.ts';
import { lifeContract } from './store-contract-life.ts';
import { listContract } from './store-contract-lists.ts';
import { messageContract } from './store-contract-messages.ts';
import { migrationContract } from './store-contract-migrations.ts';
import { modelContract } from './store-contract-model.ts';
import { onceContract } from './store-contract-once.ts';
import { peopleContract } from './store-contract-people.ts';

/** One place where an engine keeps things. */
export interface StorePlace {
  /** A store over what is kept there. Opened again after `close`, it has what was there before. */
  open(bounds?: StoreBounds): Promise<Store>;
  /** Removes what is kept there. */
  remove(): Promise<void>;
}

/** What each part of the contract is told with: a store that is empty when a test begins. */
export interface StoreSubject {
  store(): Store;
  /** Closes the store and opens what it kept. */
  reopen(bounds?: StoreBounds): Promise<Store>;
}

/** Every promise of `Store`, held against an engine. `prepare` gives an empty place for each test. */
export function storeContract(name: string, prepare: () => Promise<StorePlace>): void {
  describe(`the ${name} store`, () => {
    let place: StorePlace;
    let store: Store;
    beforeEach(async () => {
      place = await prepare();
      store = await place.open();
    });
    afterEach(async () => {
      await store.close();
      await place.remove();
    });
    const subject: StoreSubject = {
      store: () => store,
      async reopen(bounds) {
        await store.close();
        store = await place.open(bounds);
        return store;
      },
    };
    archiveContract(subject);
    auditContract(subject);
    boundsContract(subject);
    comparisonContract(subject);
    conversationContract(subject);
    deletionContract(subject);
    imageContract(subject);
    listContract(subject);
    messageContract(subject);
    migrationContract(subject);
    onceContract(subject);
    peopleContract(subject);
    lifeContract(subject);
    modelContract(subject);
  });
}
