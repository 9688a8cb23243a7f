import { Unreachable } from '../network/index.ts';
import { readAddress, UsageError } from './read-arguments.ts';

/** The operators' API of a gateway that runs. */
export interface AdminApi {
  readonly url: string;
  readonly token: string;
}

/** What the gateway does not do, because of where things stand. */
export class Refused extends Error {}

/** Where a command line, or the environment, says that it is. Throws `UsageError` where neither does. */
export function readAdminApi(
  options: { readonly url?: string | undefined; readonly token?: string | undefined },
  env: NodeJS.ProcessEnv,
): AdminApi {
  const url = readAddress('--url', options.url ?? env['DRAGOMAN_URL']);
  const token = options.token ?? env['DRAGOMAN_ADMIN_TOKEN'];
  if (token === undefined) throw new UsageError('Name a token with --token or DRAGOMAN_ADMIN_TOKEN.');
  return { url, token };
}

/** Asks it. Throws `Refused` for a conflict, `Unreachable` if nobody answers in time (10 s unless told), and an `Error` with its words otherwise. */
export async function askAdmin<T>(
  { url, token }: AdminApi,
  path: string,
  {
    method = 'GET',
    body,
    withinMs = 10_000,
  }: { readonly method?: string; readonly body?: object; readonly withinMs?: number } = {},
): Promise<T> {
  const response = await fetch(`${url}/admin/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    signal: AbortSignal.timeout(withinMs),
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    throw new Unreachable(`Nobody answers at ${url}`, { cause });
  });
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok) return answer as T; // what the gateway's schemas say of this path
  const { error } = Object(answer) as { readonly error?: { readonly message?: string } };
  const message = error?.message ?? `The gateway answers ${response.status}`;
  throw response.status === 409 ? new Refused(message) : new Error(message);
}
