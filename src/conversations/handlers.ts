import type { Awaitable } from '../async/awaitable.ts';
import type { AdminOperationName, AgentEntry, InputOf, OperationName } from '../canonical/index.ts';
import { type OperatorHandlers, readAudit, withAudit } from './audit.ts';
import { listBackends, makeBackup, reportLoss } from './backend-reports.ts';
import type { AdminCaller, Agent, Caller } from './caller.ts';
import {
  createConversation,
  deleteConversation,
  getConversation,
  listConversations,
  listMessages,
} from './conversations.ts';
import { agentOf } from './find-conversation.ts';
import { followConversation } from './follow-conversation.ts';
import {
  changeMigration,
  listComparisons,
  listMigrations,
  readMigrationHistory,
  resetComparisons,
  showMigration,
} from './migrations.ts';
import {
  changeConversation,
  findSession,
  inspectConversation,
  offerNudge,
  readTranscript,
  surveyConversations,
  writeOperatorMessage,
} from './operators.ts';
import { sendMessage } from './send-message.ts';
import type { AnswerOf, DocumentAnswer, Services } from './services.ts';
import {
  collectNudges,
  collectOperatorMessages,
  getBlockStatus,
  listSessionMessages,
  rateConversation,
  recordNudgeEvent,
  saveContact,
  uploadImage,
} from './sessions.ts';

/** Who calls an operation: an operator of the gateway, or a tenant's client. */
export type CallerOf<N extends OperationName> = N extends AdminOperationName ? AdminCaller : Caller;

export type Handler<N extends OperationName> = (
  services: Services,
  input: InputOf<N>,
  caller: CallerOf<N>,
) => Awaitable<AnswerOf<N>>;

const operators: OperatorHandlers = {
  'report-loss': reportLoss,
  'list-backends': listBackends,
  'make-backup': makeBackup,
  'read-audit': readAudit,
  'survey-conversations': surveyConversations,
  'inspect-conversation': inspectConversation,
  'find-session': findSession,
  'read-transcript': readTranscript,
  'write-operator-message': writeOperatorMessage,
  'change-conversation': changeConversation,
  'offer-nudge': offerNudge,
  'list-migrations': listMigrations,
  'show-migration': showMigration,
  'change-migration': changeMigration,
  'read-migration-history': readMigrationHistory,
  'list-comparisons': listComparisons,
  'reset-comparisons': resetComparisons,
};

/** The conversation service: what is done for every operation. */
export const handlers: { readonly [N in OperationName]: Handler<N> } = {
  'create-conversation': createConversation,
  'send-message': sendMessage,
  'follow-conversation': followConversation,
  'list-agents': listAgents,
  'get-agent': getAgent,
  'list-messages': listMessages,
  'list-session-messages': listSessionMessages,
  'get-conversation': getConversation,
  'list-conversations': listConversations,
  'delete-conversation': deleteConversation,
  'save-contact': saveContact,
  'collect-operator-messages': collectOperatorMessages,
  'get-block-status': getBlockStatus,
  'collect-nudges': collectNudges,
  'record-nudge-event': recordNudgeEvent,
  'upload-image': uploadImage,
  'rate-conversation': rateConversation,
  ...withAudit(operators),
};

/** The agents of the caller's tenant, in the order of the configuration. */
export async function listAgents(
  _services: Services,
  _input: InputOf<'list-agents'>,
  caller: Caller,
): Promise<DocumentAnswer<'list-agents'>> {
  return Promise.resolve({ value: { agents: caller.tenant.agents.map((agent) => shown(agent, caller)) } });
}

/** Throws `not-found` for an agent that the tenant does not have. */
export async function getAgent(
  _services: Services,
  { agent }: InputOf<'get-agent'>,
  caller: Caller,
): Promise<DocumentAnswer<'get-agent'>> {
  return Promise.resolve({ value: shown(agentOf(caller, agent), caller) });
}

const shown = ({ slug, name }: Agent, { tenant }: Caller): AgentEntry => ({ slug, name, owner: tenant.name });
