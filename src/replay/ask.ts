import { randomUUID } from 'node:crypto';
import { createAside } from '../backends/aside.ts';
import type { Backend } from '../backends/backend.ts';
import { createUpstreamBackend } from '../backends/upstream/index.ts';
import type { Message, Reply, Turn } from '../canonical/index.ts';
import type { Answered } from '../comparing/index.ts';
import type { UpstreamBackendSettings } from '../config/index.ts';
import { createAddressGuard } from '../network/index.ts';

export interface Target {
  /** With the path that stands before every other. */
  readonly url: string;
  readonly dialect: string;
  readonly key?: string;
  readonly site?: string;
  /** Who is to answer, in place of whom the recorded turns name. */
  readonly agent?: string;
  readonly timeoutMs: number;
}

/** A dialogue with the target, which goes on there as the recorded one did. */
export interface Dialogue {
  /** What the target answers; a `code` of `unreachable` where nobody is there. */
  ask(turn: Turn): Promise<Answered>;
  /** What was said in the recording, for a target that is told the past. */
  note(turn: Turn, reply: Pick<Reply, 'text'> | undefined): void;
}

export interface Asker {
  begin(): Dialogue;
  close(): Promise<void>;
}

const name = 'target';

/** A target is told no more of the past than that. */
const mostSaid = 50;

export function createAsker(target: Target): Asker {
  const backends = new Map<string, Backend>();
  const backendFor = (agent: string | undefined): Backend => {
    const wanted = target.agent ?? agent ?? '';
    const found = backends.get(wanted) ?? openTarget(target, wanted);
    backends.set(wanted, found);
    return found;
  };
  return {
    begin: () => createDialogue(target, backendFor),
    async close() {
      for (const backend of backends.values()) await backend.close?.();
    },
  };
}

function openTarget({ url, dialect, key, site, timeoutMs }: Target, agent: string): Backend {
  const settings: UpstreamBackendSettings = {
    type: 'upstream',
    baseUrl: url.replace(/\/$/, ''),
    dialect,
    headers: {},
    streaming: true,
    sessions: 'own',
    images: { hosts: [] },
    ...(key !== undefined && { apiKey: key }),
    ...(site !== undefined && { site }),
    ...(agent !== '' && { agent }),
  };
  const timeouts = { connectMs: timeoutMs };
  return createUpstreamBackend({ name, settings: { ...settings, timeouts }, addresses: createAddressGuard() });
}

function createDialogue({ timeoutMs }: Target, backendFor: (agent: string | undefined) => Backend): Dialogue {
  const aside = createAside();
  const conversationId = randomUUID();
  const said: Message[] = [];
  const note = (role: Message['role'], text: string): void => {
    if (said.length === mostSaid) said.shift();
    said.push({ ...blankMessage(conversationId), id: randomUUID(), sequence: said.length + 1, role, text });
  };
  const history = (length: number) => Promise.resolve(said.slice(-length));
  return {
    note(turn, reply) {
      note('visitor', turn.text);
      if (reply !== undefined) note('assistant', reply.text);
    },
    ask: (turn) => aside.ask(backendFor(turn.agent), turn, { history, timeoutMs }),
  };
}

const blankMessage = (conversationId: string): Omit<Message, 'id' | 'sequence' | 'role' | 'text'> => ({
  conversationId,
  items: [],
  suggestions: [],
  attachments: [],
  createdAt: new Date().toISOString(),
  status: 'complete',
});
