export type * from './config.ts';
export { keyedDialects } from './config.ts';
