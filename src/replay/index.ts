export { type Replayed, type ReplaySettings, replay } from './replay.ts';
