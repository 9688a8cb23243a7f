import type { FieldOf } from '../../dialects/dialect.ts';

type Field = FieldOf<'send-message'>;

const spoken: readonly Field[] = [
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
const grounded: readonly Field[] = [
  'activity',
  'itemLimit',
  'output.items',
  'item.id',
  'item.title',
  'item.brand',
  'item.description',
  'item.url',
  'item.imageUrl',
  'item.price',
  'item.priceNote',
  'item.currency',
  'item.status',
  'item.availability',
  'item.quantity',
  'item.category',
  'item.attributes',
  'item.location',
  'item.flags',
  'item.recommendation',
  'item.query',
];

/** What a model can use of a turn and give of a reply: with a catalogue, items too. */
export function carriesOf({ hasCatalog }: { readonly hasCatalog: boolean }): ReadonlySet<Field> {
  return new Set(hasCatalog ? [...spoken, ...grounded] : spoken);
}
