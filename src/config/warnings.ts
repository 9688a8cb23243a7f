import type { Config } from './config.ts';

/** What of a configuration is allowed, and probably not meant, a sentence each. */
export function warningsOf({ store, uploads, tenants }: Config): readonly string[] {
  const hasImages = tenants.some(({ sites }) => sites.length > 0);
  if (store.engine !== 'redis' || uploads.kind !== 'folder' || !hasImages) return [];
  return [
    `images are kept in ${uploads.path}, where gateways on other machines do not find them: name a bucket (uploads.bucket), ` +
      'or a folder that all of them share',
  ];
}
