/** Why the system does not let a program listen, and what to do about it, by its code for that. */
const listenFailures: Readonly<Record<string, (place: ListenPlace) => string>> = {
  EADDRINUSE: ({ address, port }) =>
    `Port ${port} of ${address} is in use by another program. Name another one with PORT, or end that program`,
  EACCES: ({ address, port }) =>
    `The system does not allow this user to listen on port ${port} of ${address}. Name one above 1023 with PORT`,
  EADDRNOTAVAIL: ({ address }) =>
    `${address} is no address of this machine. Name one with HOST; 0.0.0.0 stands for all of them`,
  ENOTFOUND: ({ hostname }) =>
    `The host name ${hostname} cannot be found. Name an address with HOST; 0.0.0.0 stands for all of this machine's`,
};

interface ListenPlace {
  readonly address: string;
  readonly port: string;
  readonly hostname: string;
}

/** What the system was asked when it refused a place to listen at; a process of several is told of the second. */
const listening = ['listen', 'bind', 'getaddrinfo'];

/** What ended the program, in words for the one who started it. */
export function explainFailure(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure);
  // What the system says of an error stands in fields of its own.
  const { code, syscall, address, port, hostname }: Readonly<Record<string, unknown>> = Object.fromEntries(
    Object.entries(failure),
  );
  const explain = listening.includes(String(syscall)) ? listenFailures[String(code)] : undefined;
  return explain?.({ address: String(address), port: String(port), hostname: String(hostname) }) ?? failure.message;
}

/** Ends the program with what went wrong. */
export function fail(failure: unknown): never {
  process.stderr.write(`${explainFailure(failure)}\n`);
  process.exit(1);
}
