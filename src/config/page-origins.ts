/** The pages that may call from a browser. */
export interface PageOrigins {
  /** Whether a page of this origin may: what its browser says in `Origin`. */
  has(origin: string): boolean;
}

/** Any page at all. */
export const anyPage = '*';
/** A page without an origin of its own: a file, a sandboxed frame. */
const noOrigin = 'null';

const hostPattern = /^(https?:\/\/)\*\.((?:[a-z0-9-]+\.)+[a-z0-9-]+|localhost)(:\d+)?$/;
/** Of an app's web view, or a browser's extension: `capacitor://localhost`, `chrome-extension://…`, `file://`. */
const appOrigin = /^(?!https?:|wss?:|ftp:|data:|blob:|javascript:)[a-z][a-z0-9+.-]*:\/\/[a-z0-9_.-]*(?::\d+)?$/;

/** Origins as a configuration lists them: `https://shop.example`, `https://*.shop.example`, `capacitor://localhost`, `null` or `*`. */
export function createPageOrigins(written: readonly string[]): PageOrigins {
  const listed = new Set(written);
  const isAny = listed.has(anyPage);
  const hosts = written.flatMap((origin) => {
    const [, scheme, host = '', port = ''] = hostPattern.exec(origin) ?? [];
    const ending = `${host}${port}`.replaceAll('.', '\\.');
    return scheme === undefined ? [] : [new RegExp(`^${scheme}(?:[a-z0-9_-]+\\.)+${ending}$`)];
  });
  return { has: (origin) => isAny || listed.has(origin) || hosts.some((host) => host.test(origin)) };
}

/** What should stand in place of a text that no browser says in `Origin`; `undefined` where it is right. */
export function expectedPageOrigin(written: string): string | undefined {
  if (written === anyPage || written === noOrigin || appOrigin.test(written)) return undefined;
  const [, scheme = '', host, port = ''] = hostPattern.exec(written) ?? [];
  const named = host === undefined ? written : `${scheme}${host}${port}`;
  const origin = /^https?:/i.test(named) && URL.canParse(named) ? new URL(named).origin : '*';
  if (origin === named && !origin.includes('*')) return undefined;
  const hint = host !== undefined || origin.includes('*') ? '' : ` (${origin}?)`;
  return `an origin: scheme, host and port, nothing else${hint}; or https://*.host for all hosts below one, "null" or "*"`;
}
