import { agentSlug } from './agent-slug/index.ts';
import type { Dialect } from './dialect.ts';

/** Every dialect that the gateway speaks. Adding one is a folder and a line. */
export const dialects: readonly Dialect[] = [agentSlug];
