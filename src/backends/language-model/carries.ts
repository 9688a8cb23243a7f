import type { CarriedField } from '../../dialects/carries.ts';
import { itemFields } from '../item-fields.ts';

const spoken: readonly CarriedField[] = [
  'text',
  'attachments',
  'delivery',
  'conversationId',
  'pageUrl',
  'locale',
  'history',
  'output.id',
  'output.text',
  'output.model',
  'output.usage',
  'output.finishReason',
];

/** Items are those of the catalogue: whatever it knows of them is passed on. */
const grounded: readonly CarriedField[] = ['activity', 'itemLimit', 'output.items', ...itemFields];

/** What a model can use of a turn and give of a reply: with a catalogue, items too. */
export function carriesOf({ hasCatalog }: { readonly hasCatalog: boolean }): ReadonlySet<CarriedField> {
  return new Set(hasCatalog ? [...spoken, ...grounded] : spoken);
}
