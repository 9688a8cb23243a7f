import { defined } from '../canonical/index.ts';
import type { MigrationConfig } from '../config/index.ts';

/** What callers of a migration are told with every answer, as headers. Source: RFC 9745 and RFC 8594. */
export function noticesOf({ deprecation, sunset, link }: MigrationConfig): Readonly<Record<string, string>> {
  return defined({
    Deprecation: deprecation === undefined ? undefined : `@${Math.trunc(deprecation / 1_000)}`,
    Sunset: sunset === undefined ? undefined : new Date(sunset).toUTCString(),
    Link: link === undefined ? undefined : `<${link}>; rel="deprecation"`,
  });
}
