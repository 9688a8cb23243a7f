import type { AuditEntry, Conversation, Message, MigrationState, StageChange } from '../canonical/index.ts';
import { schemaGuard } from '../dialects/schema.ts';
import type { ArchivedConversation } from '../stores/archive-book.ts';
import type { ImageEntry } from '../stores/image-book.ts';

/** The version of the lines. Our choice: a reader takes those up to its own. */
export const linesVersion = 1;

/** How much there is of each. */
export interface Counts {
  readonly conversations: number;
  readonly messages: number;
  readonly images: number;
  readonly entries: number;
  readonly migrations: number;
}

/** Counts that grow. */
export type Tally = { -readonly [Name in keyof Counts]: Counts[Name] };

export const noCounts = (): Tally => ({ conversations: 0, messages: 0, images: 0, entries: 0, migrations: 0 });

/**
 * One line of an export, `schemas/export.json`. The first says its version; a conversation comes before its images and messages, conversations
 * in the order of their ids; the last says how much there was, so that one that is cut off is known.
 */
export type ExportLine =
  | { readonly kind: 'export'; readonly version: number }
  | ({ readonly kind: 'conversation' } & ArchivedConversation)
  | { readonly kind: 'image'; readonly image: ImageEntry }
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'numbers'; readonly tenantId: string; readonly space: string; readonly last: number }
  | { readonly kind: 'entry'; readonly entry: AuditEntry }
  | { readonly kind: 'migration'; readonly state: MigrationState; readonly history: readonly StageChange[] }
  | ({ readonly kind: 'end' } & Counts);

const guard = schemaGuard<ExportLine>('export.json');

/** The order in which a conversation's fields are written: engines have each their own. */
const fields: Readonly<Record<keyof Conversation, true>> = {
  id: true,
  tenantId: true,
  agentId: true,
  site: true,
  participant: true,
  signedUser: true,
  title: true,
  metadata: true,
  mode: true,
  status: true,
  blocked: true,
  contact: true,
  rating: true,
  createdAt: true,
  updatedAt: true,
  lastMessageAt: true,
  messageCount: true,
  publicIds: true,
  remoteIds: true,
  collectedSequence: true,
};

/** The same conversation for equal conversations, to the byte once it is written. */
export function inOrder(conversation: Conversation): Conversation {
  const values: Readonly<Record<string, unknown>> = { ...conversation };
  const ordered = Object.keys(fields).flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]]));
  return Object.fromEntries(ordered) as Conversation; // its own fields, in another order
}

export const writeLine = (line: ExportLine): string => `${JSON.stringify(line)}\n`;

/** A line that is none of an export, or not where it stands. */
export class LineError extends Error {
  constructor(number: number, why: string) {
    super(`Line ${number} ${why}`);
  }
}

/** Throws `LineError`. */
export function readLine(text: string, number: number): ExportLine {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    throw new LineError(number, 'is not JSON: the file is cut off, or none of dragoman export');
  }
  if (guard.accepts(line)) return line;
  const [first] = guard.violations(line).filter(({ rule }) => rule !== 'if');
  throw new LineError(number, `is none of an export: ${first?.path.join('.') ?? ''} ${first?.message ?? 'is wrong'}`);
}
