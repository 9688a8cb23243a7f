export { type Replayed, type ReplaySettings, replay, Unreachable } from './replay.ts';
