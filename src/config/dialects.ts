import type { Dialect } from '../dialects/dialect.ts';
import { dialects } from '../dialects/registry.ts';

/** The dialects that clients and upstreams speak, by name. */
export const clientDialects: readonly string[] = dialects.map(({ name }) => name);

/** Those whose callers name themselves by a secret key, and which a key can therefore be held to. */
export const keyedDialects: readonly string[] = dialects
  .filter(({ credential }) => credential.kind === 'key')
  .map(({ name }) => name);

/** What an upstream must be told beyond its address, by its dialect: who is asked there, and the site that we are there. */
export function upstreamNeeds(name: unknown): Readonly<Record<string, string>> {
  const dialect = dialects.find((one) => one.name === name);
  if (dialect === undefined) return {};
  return {
    ...(namesAgent(dialect) && { agent: 'who is asked there: a chatbotId, a slug or a model' }),
    ...(dialect.credential.kind === 'site' && { site: 'the site key that the upstream knows us by' }),
  };
}

const namesAgent = ({ endpoints }: Dialect): boolean =>
  endpoints.some(
    ({ operation, carries }) =>
      (operation === 'send-message' || operation === 'create-conversation') &&
      carries.some((field) => field === 'agent'),
  );
