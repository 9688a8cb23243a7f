export interface LedgerTurn {
  readonly text: string;
  readonly begun: boolean;
  readonly reply: string | undefined;
}
export interface Ledger {
  readonly name: string;
  readonly id: string | undefined;
  readonly turns: readonly LedgerTurn[];
  readonly deletion: 'asked' | 'acknowledged' | undefined;
}
