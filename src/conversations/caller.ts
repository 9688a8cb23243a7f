import type { Backend, Call } from '../backends/backend.ts';
import type { Contact, Demand } from '../canonical/index.ts';
import type { AdminRole, AskedBounds, Route } from '../config/index.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { Violation } from '../errors/index.ts';
import type { LiveMigration } from '../migrations/migrations.ts';
import type { TokenBudget } from './token-budget.ts';

/** What a client names to be answered by, and who answers for it. */
export interface Agent {
  /** UUID */
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly route: Route;
  /** What clients may ask of the model; all, if it does not say. */
  readonly parameters?: AskedBounds;
  /** By which it moves. */
  readonly migration?: LiveMigration;
}

export interface Tenant {
  readonly id: string;
  readonly name: string;
  /** At least one. */
  readonly agents: readonly Agent[];
  /** Whether any of them has a migration. */
  readonly hasMovingAgents: boolean;
  /** Who can answer, by name: all that its agents' routes lead to. */
  readonly backends: ReadonlyMap<string, Backend>;
}

/** A site's visitor who has proven to be one of its users. */
export interface SignedUser {
  readonly id: string;
  /** What the site says of them. */
  readonly contact?: Pick<Contact, 'email' | 'name'>;
}

/** Who asks, and how: everything about a call that its input does not say. */
export interface Caller {
  readonly tenant: Tenant;
  /** The key or site, in the tenant: `key:storefront`, `site:sk_demo`. */
  readonly principal: string;
  /** The site key, for callers that have no other. */
  readonly site?: string;
  /** On a site: who the visitor has proven to be. */
  readonly user?: SignedUser;
  /** Answers where the request names no agent. */
  readonly defaultAgent: Agent;
  /** What comes before the agent's own route. */
  readonly route?: Partial<Route>;
  /** By which the key or site moves. */
  readonly migration?: LiveMigration;
  readonly dialect: Pick<Dialect, 'name' | 'conversationIds'>;
  readonly unknownConversations: Dialect['unknownConversations'];
  /** The `Idempotency-Key` header. */
  readonly idempotencyKey?: string;
  /** The tokens that it may use; without a limit unless there is one. */
  readonly tokenBudget?: TokenBudget;
  /** Where in the request an image of the turn stands, in a dialect that has a turn refused whose images cannot be passed on. */
  placeOfImage?(image: number): Violation['path'];
  /** Where it stands what is asked of the model, in a dialect that asks. */
  placeOfDemand?(demand: Demand): Violation['path'];
  /** Where it comes from, as addresses are counted. */
  readonly address: string;
  /** Where the events of a followed conversation go. */
  readonly carrier: 'http' | 'socket';
  /** UUID v4 of the reply, if there is one. */
  readonly replyId: string;
  readonly call: Call;
}

/** An operator of the gateway. */
export interface AdminCaller {
  /** The tenants in reach; all, if it does not say. */
  readonly tenants?: readonly string[];
  readonly name: string;
  readonly role: AdminRole;
  /** Where it comes from: an IP address. */
  readonly address: string;
  readonly call: Call;
}

/** What beginning and finding a session's conversation needs to know of a caller. */
export interface SessionCaller extends Pick<Caller, 'tenant' | 'site' | 'user' | 'defaultAgent' | 'dialect' | 'call'> {
  /** Absent for operators, who may name what sessions they want. */
  readonly address?: string;
}
