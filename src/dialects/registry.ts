import { agentSlug } from './agent-slug/index.ts';
import type { Dialect } from './dialect.ts';
import { homie } from './homie/index.ts';
import { itemDiscovery } from './item-discovery/index.ts';
import { openai } from './openai/index.ts';
import { tenantChats } from './tenant-chats/index.ts';
import { widget } from './widget/index.ts';

/** Every dialect that the gateway speaks. Adding one is a folder and a line. */
export const dialects: readonly Dialect[] = [homie, itemDiscovery, agentSlug, tenantChats, widget, openai];
