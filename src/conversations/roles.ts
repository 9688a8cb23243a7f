import type { AdminOperationName } from '../canonical/index.ts';
import type { AdminRole } from '../config/index.ts';

/** What a token may do: each role all that the ones before it may. */
const roles: readonly AdminRole[] = ['viewer', 'operator', 'admin'];

/** The least role that each operation takes: to read, to talk and to change, and to see what others do. Our choice. */
const leastRoles: { readonly [N in AdminOperationName]: AdminRole } = {
  'report-loss': 'viewer',
  'survey-conversations': 'viewer',
  'inspect-conversation': 'viewer',
  'find-session': 'viewer',
  'read-transcript': 'viewer',
  'write-operator-message': 'operator',
  'change-conversation': 'operator',
  'offer-nudge': 'operator',
};

const least: ReadonlyMap<string, AdminRole> = new Map(Object.entries(leastRoles));

/** Whether a role may do something. What is nobody's operation takes the highest one. */
export function mayAct(role: AdminRole, operation: string): boolean {
  return roles.indexOf(role) >= roles.indexOf(least.get(operation) ?? 'admin');
}
