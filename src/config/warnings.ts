import type { Config } from './config.ts';
import { anyPage } from './page-origins.ts';

/** What of a configuration is allowed, and probably not meant, a sentence each. */
export function warningsOf(config: Config): readonly string[] {
  return [
    ...lonelyImages(config),
    ...openSites(config),
    ...guessableSessions(config),
    ...weakSecrets(config),
    ...idleSettings(config),
  ];
}

function lonelyImages({ store, uploads, tenants }: Config): readonly string[] {
  const hasImages = tenants.some(({ sites }) => sites.length > 0);
  if (store.engine !== 'redis' || uploads.kind !== 'folder' || !hasImages) return [];
  return [
    `images are kept in ${uploads.path}, where gateways on other machines do not find them: name a bucket (uploads.bucket), ` +
      'or a folder that all of them share',
  ];
}

/** From 16 characters on, what a widget makes up at random cannot be guessed. */
const sureLength = 16;

function guessableSessions({ tenants }: Config): readonly string[] {
  const sites = tenants.flatMap((tenant) => tenant.sites).filter(({ session }) => session.minLength < sureLength);
  if (sites.length === 0) return [];
  return [
    `whoever guesses a visitor's session reads it, and those of ${sites.map(({ key }) => key).join(', ')} may be short: ` +
      `set session.minLength to ${sureLength} where your widget's are as long`,
  ];
}

/** In bytes, RFC 7518, 3.2: a shorter one may be found by trying. */
const sureSecret = 32;

const weakSecrets = ({ tenants }: Config): readonly string[] =>
  tenants
    .flatMap(({ sites }) => sites)
    .filter(({ identity: { secret } = {} }) => secret !== undefined && Buffer.byteLength(secret) < sureSecret)
    .map(
      ({ key }) => `identity.secret of the site ${key} has fewer than ${sureSecret} bytes, and may be found by trying`,
    );

const openSites = ({ tenants }: Config): readonly string[] =>
  tenants
    .flatMap(({ sites }) => sites)
    .filter(({ origins }) => origins.includes(anyPage))
    .map(
      ({ key }) => `any page may use the site ${key}, since its origins are "${anyPage}": list the pages that should`,
    );

/** Settings of migrations that are read, and that nothing heeds. */
const idleSettings = ({ migrations }: Config): readonly string[] =>
  migrations.flatMap((migration) =>
    (['record'] as const)
      .filter((setting) => migration[setting] !== undefined)
      .map((setting) => `${setting} of the migration ${migration.name} does nothing in this version`),
  );
