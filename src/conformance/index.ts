export { type Checked, conform } from './conform.ts';
export type { Deviation } from './laws.ts';
export type { Target } from './probe.ts';
