import type { Leases } from '../leases.ts';

/** Names of this process alone. */
export function createLocalLeases(): Leases {
  const holders = new Map<string, string>();
  return {
    take(name, holder) {
      const takenBy = holders.get(name);
      if (takenBy !== undefined) return Promise.resolve({ takenBy });
      holders.set(name, holder);
      let held = true;
      const release = (): Promise<void> => {
        if (held) holders.delete(name);
        held = false;
        return Promise.resolve();
      };
      return Promise.resolve({ lease: { release } });
    },
    holder: (name) => Promise.resolve(holders.get(name)),
  };
}
