import type { AdminOperationName, InputOf } from '../canonical/index.ts';
import type { AdminRole } from '../config/index.ts';

/** What a token may do: each role all that the ones before it may. */
const roles: readonly AdminRole[] = ['viewer', 'operator', 'admin'];

interface Rule<N extends AdminOperationName> {
  /** The least role that it takes: to read, to talk and to change, and to see what others do. Our choice. */
  readonly least: AdminRole;
  /** Of an operation that changes something, which is entered in the audit: the fields that the entry tells, of closed sets alone. */
  readonly entered?: readonly (keyof InputOf<N> & string)[];
}

const rules: { readonly [N in AdminOperationName]: Rule<N> } = {
  'report-loss': { least: 'viewer' },
  'list-backends': { least: 'viewer' },
  'make-backup': { least: 'admin' },
  'read-audit': { least: 'admin' },
  'survey-conversations': { least: 'viewer' },
  'inspect-conversation': { least: 'viewer' },
  'find-session': { least: 'viewer' },
  'read-transcript': { least: 'viewer' },
  'write-operator-message': { least: 'operator', entered: [] },
  'change-conversation': { least: 'operator', entered: ['mode', 'blocked', 'status'] },
  'offer-nudge': { least: 'operator', entered: [] },
  'list-migrations': { least: 'viewer' },
  'show-migration': { least: 'viewer' },
  'change-migration': { least: 'admin', entered: ['migration', 'stage', 'canary', 'force'] },
  'read-migration-history': { least: 'viewer' },
  'list-comparisons': { least: 'viewer' },
  'reset-comparisons': { least: 'admin', entered: ['migration'] },
};

const ruleOf: ReadonlyMap<string, { readonly least: AdminRole; readonly entered?: readonly string[] }> = new Map(
  Object.entries(rules),
);

/** Whether a role may do something. What is nobody's operation takes the highest one. */
export function mayAct(role: AdminRole, operation: string): boolean {
  return roles.indexOf(role) >= roles.indexOf(ruleOf.get(operation)?.least ?? 'admin');
}

/** What an operation's entry in the audit tells of its input; `undefined` for one that changes nothing. */
export const enteredOf = (operation: string): readonly string[] | undefined => ruleOf.get(operation)?.entered;
