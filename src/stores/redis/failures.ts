import { GatewayError } from '../../errors/index.ts';

/**
 * What Redis 6.2 tells of a command that a script called: `ERR Error running script (call to f_…): @user_script:3: @user_script: 3:
 * -READONLY You can't …`. Since 7 the command's own words come first.
 */
const inScript = /^ERR Error running script .*@user_script: ?\d+: -?([A-Z]+) /;

/** The word by which Redis tells what is wrong. */
const codeOf = (message: string): string => (inScript.exec(message) ?? /^([A-Z]+)/.exec(message))?.[1] ?? '';

const bugs: ReadonlySet<string> = new Set(['ERR', 'WRONGTYPE', 'CROSSSLOT']);
const deposed: ReadonlySet<string> = new Set(['READONLY', 'NOREPLICAS']);

/** Whoever became a replica, or has none left, may be the one to write to no more. */
export const isDeposed = ({ message }: Error): boolean => deposed.has(codeOf(message));

/** What Redis says of a command that is wrong is our bug; everything else is Redis being away, full, or not itself yet. */
export function toStoreError(cause: unknown): GatewayError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const isBug = cause instanceof Error && cause.name === 'ReplyError' && bugs.has(codeOf(message));
  return isBug
    ? new GatewayError('internal', `Redis refused a command: ${message}`, { cause })
    : new GatewayError('store-unavailable', `Redis did not answer: ${message}`, { cause });
}
