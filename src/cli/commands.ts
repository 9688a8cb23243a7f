import { catalogCheckHelp, checkCatalog } from './catalog-check.ts';

const help = `Usage: dragoman [COMMAND]

  serve               runs the gateway, as without a command; DRAGOMAN_CONFIG names its configuration
  catalog check FILE  tells what a product file holds, and what of it cannot be read

Any command says more of itself with --help.
`;

const catalogHelp = `Usage: dragoman catalog COMMAND

  check FILE  tells what a product file holds, and what of it cannot be read
`;

/** What a command that ends by itself prints, and how the program is to end. */
export interface Outcome {
  readonly output: string;
  readonly code: number;
}

/** Runs what a command line asks for; `serve` where that is to run the gateway. */
export async function runCommand([command = 'serve', ...rest]: readonly string[]): Promise<'serve' | Outcome> {
  const asksHelp = rest.includes('--help') || rest.includes('-h');
  if (command === '--help' || command === '-h' || command === 'help') return { output: help, code: 0 };
  if (command === 'serve') return asksHelp ? { output: help, code: 0 } : 'serve';
  if (command !== 'catalog') return { output: `There is no command ${command.slice(0, 40)}.\n\n${help}`, code: 2 };
  const [verb, ...values] = rest;
  if (verb === 'check') return asksHelp ? { output: catalogCheckHelp, code: 0 } : checked(values);
  return { output: catalogHelp, code: asksHelp ? 0 : 2 };
}

/** What the parser of options refuses is told, not thrown. */
async function checked(values: readonly string[]): Promise<Outcome> {
  try {
    return await checkCatalog(values);
  } catch (failure) {
    return { output: `${failure instanceof Error ? failure.message : String(failure)}\n`, code: 2 };
  }
}
