export type * from './backends.ts';
export type * from './config.ts';
export { demoCredentials } from './demo.ts';
export { type DemoAccess, demoAccess, describeConfig } from './describe.ts';
export type { Environment } from './environment.ts';
export { filesOf } from './files.ts';
export { type ConfigLocation, loadConfig, parseConfig } from './load.ts';
export type * from './origins.ts';
export { welcome } from './welcome.ts';
