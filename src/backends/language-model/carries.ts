import type { CarriedField } from '../../dialects/dialect.ts';
import { itemFields } from '../capabilities.ts';

const spoken: readonly CarriedField[] = [
  'text',
  'delivery',
  'conversationId',
  'pageUrl',
  'locale',
  'history',
  'parameters',
  'output.id',
  'output.text',
  'output.model',
  'output.usage',
  'output.finishReason',
];

/** Items are those of the catalogue: whatever it knows of them is passed on. */
const grounded: readonly CarriedField[] = ['activity', 'itemLimit', 'output.items', ...itemFields];

/** Calls are the client's to make sense of: of its own tools. */
const calling: readonly CarriedField[] = ['afterwards', 'tools', 'output.calls'];

interface Ability {
  readonly hasCatalog: boolean;
  readonly callsTools?: boolean;
  readonly seesImages?: boolean;
}

/** What a model can use of a turn and give of a reply: with a catalogue, items too. */
export function carriesOf({ hasCatalog, callsTools, seesImages }: Ability): ReadonlySet<CarriedField> {
  return new Set([
    ...spoken,
    ...(seesImages ? ['attachments' as const] : []),
    ...(callsTools ? calling : []),
    ...(hasCatalog ? grounded : []),
  ]);
}
