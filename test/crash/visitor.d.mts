import type { Web } from '../support/web.mjs';
import type { Ledger } from './ledger.mjs';

export interface Visitor {
  step(): Promise<void>;
  ended(): number;
}
export declare function createVisitor(visit: {
  readonly name: string;
  readonly web: Web;
  readonly ledgers: Ledger[];
  readonly turnsOfConversation?: number;
  readonly deleting?: number;
}): Visitor;
