export type * from './admin.ts';
export { isPem } from './backend-defaults.ts';
export type * from './backends.ts';
export type * from './config.ts';
export { catalogFormatOf } from './defaults.ts';
export { demoCredentials, isLoopback } from './demo.ts';
export { type DemoAccess, demoAccess, describeConfig } from './describe.ts';
export type { Environment } from './environment.ts';
export { readPublicKey, type SiteIdentity } from './identity.ts';
export { type ConfigLocation, filesOf, loadConfig, parseConfig } from './load.ts';
export {
  type CompareConfig,
  type MigrationConfig,
  type RollbackConfig,
  readShare,
  type ShadowConfig,
  showShare,
} from './migrations.ts';
export type * from './origins.ts';
export { createPageOrigins, type PageOrigins } from './page-origins.ts';
export { ConfigError } from './problems.ts';
export type * from './storage.ts';
export { warningsOf } from './warnings.ts';
export { welcome } from './welcome.ts';
