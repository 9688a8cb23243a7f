import type { Web } from '../support/web.mjs';
import type { Ledger } from './ledger.mjs';

export declare function examineOthers(web: Web, ledgers: readonly Ledger[]): Promise<readonly string[]>;
export declare function examine(
  web: Web,
  ledgers: readonly Ledger[],
): Promise<{ readonly problems: readonly string[]; readonly conversations: number; readonly messages: number }>;
