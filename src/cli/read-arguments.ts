import { type ParseArgsConfig, parseArgs } from 'node:util';

/** A command line that is not as the command's help has it. */
export class UsageError extends Error {}

/** The options and the other words of a command line. Throws `UsageError` for an option that is none. */
export function readArguments<const T extends NonNullable<ParseArgsConfig['options']>>(
  values: readonly string[],
  options: T,
) {
  try {
    const read = parseArgs({ args: [...values], options, allowPositionals: true });
    return { options: read.values, positionals: read.positionals };
  } catch (failure) {
    throw new UsageError(failure instanceof Error ? failure.message : String(failure));
  }
}

/** Throws `UsageError` for a value that is none of these. */
export function oneOf<const T extends string>(option: string, value: string, names: readonly T[]): T {
  const found = names.find((name) => name === value);
  if (found === undefined) throw new UsageError(`${option} must be ${names.join(' or ')}.`);
  return found;
}

/** The address of a server, with its path. Throws `UsageError` for what is none. */
export function readAddress(option: string, value: string | undefined): string {
  const address = value === undefined ? null : URL.parse(value);
  if (address === null || !/^https?:$/.test(address.protocol))
    throw new UsageError(`${option} must be an http address.`);
  if (address.username !== '' || address.password !== '')
    throw new UsageError(`${option} must hold no user: addresses end up in logs.`);
  return address.origin + address.pathname.replace(/\/$/, '');
}
