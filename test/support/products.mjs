// Products of a made-up shop, the same each time, and what each of them is by the facts that it was made of.
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

const list = (text) => text.trim().split(/\s*[\n,]\s*/);

/** What there is: what it is called, where it is filed, which colours and materials it comes in, and in which sizes. */
const kinds = `
Hoodie|Clothing > Men > Hoodies|cloth|S, M, L, XL
T-Shirt|Clothing > Women > Tops|cloth|XS, S, M, L, XL
Rain Jacket|Clothing > Outdoor > Jackets|cloth|S, M, L, XL
Running Shoes|Shoes > Sports|cloth|38, 39, 40, 41, 42, 43, 44
Wool Socks|Clothing > Socks|cloth|36-38, 39-41, 42-44
Backpack|Bags > Backpacks|cloth|20 l, 30 l
Laptop Bag|Bags > Business|cloth|13 inch, 15 inch
Tent|Outdoor > Camping > Tents|cloth|2 persons, 4 persons
Sleeping Bag|Outdoor > Camping > Sleeping Bags|cloth|
Hiking Boots|Shoes > Outdoor|cloth|39, 40, 41, 42, 43, 44, 45
Desk|Furniture > Office > Desks|solid|120 cm, 160 cm
Desk Lamp|Lighting > Lamps|solid|
Floor Lamp|Lighting > Lamps|solid|
Office Chair|Furniture > Office > Chairs|solid|
Dining Table|Furniture > Dining|solid|160 cm, 200 cm
Bookshelf|Furniture > Shelves|solid|
Bed Frame|Furniture > Bedroom|solid|140 cm, 180 cm
Mirror|Home > Decoration|solid|
Coffee Machine|Kitchen > Appliances > Coffee|device|
Kettle|Kitchen > Appliances|device|
Frying Pan|Kitchen > Cookware|solid|24 cm, 28 cm
Chef Knife|Kitchen > Knives|solid|
Mug|Kitchen > Tableware|solid|
Cordless Drill|Tools > Power Tools > Drills|device|
Circular Saw|Tools > Power Tools > Saws|device|
Hammer|Tools > Hand Tools|solid|
Screwdriver Set|Tools > Hand Tools|solid|
Laptop|Electronics > Computers > Laptops|device|8 GB, 16 GB, 32 GB
Monitor|Electronics > Computers > Monitors|device|24 inch, 27 inch
Wireless Mouse|Electronics > Computers > Accessories|device|
Mechanical Keyboard|Electronics > Computers > Accessories|device|
Smartphone|Electronics > Phones|device|128 GB, 256 GB
Phone Case|Electronics > Phones > Accessories|cloth|
Headphones|Electronics > Audio|device|
Bluetooth Speaker|Electronics > Audio|device|
Digital Camera|Electronics > Cameras|device|
Camera Lens|Electronics > Cameras > Lenses|device|
Television|Electronics > Television|device|43 inch, 55 inch, 65 inch
Washing Machine|Household > Laundry|device|
Vacuum Cleaner|Household > Cleaning|device|
Bicycle|Sports > Cycling|device|S, M, L
Bicycle Helmet|Sports > Cycling > Helmets|solid|S, M, L
Yoga Mat|Sports > Fitness|cloth|
Football|Sports > Ball Games|cloth|
Board Game|Toys > Games|solid|
Teddy Bear|Toys > Plush|cloth|
Perfume|Beauty > Fragrances|device|50 ml, 100 ml
Lipstick|Beauty > Make-up|device|
Garden Hose|Garden > Watering|cloth|15 m, 25 m
Lawn Mower|Garden > Machines|device|
`
  .trim()
  .split('\n')
  .map((line) => {
    const [name, category, sort, sizes] = line.split('|');
    return { name, category, sort, sizes: sizes === '' ? [] : list(sizes) };
  });

const colours = list(
  'Black, White, Red, Navy, Blue, Green, Grey, Beige, Silver, Orange, Yellow, Purple, Teal, Pink, Brown',
);
const materials = {
  cloth: list('Cotton, Wool, Leather, Nylon, Linen, Polyester, Canvas, Fleece, Suede, Silk'),
  solid: list('Oak, Beech, Steel, Glass, Ceramic, Bamboo, Aluminium, Walnut, Pine, Marble'),
  device: list('Aluminium, Plastic, Steel, Carbon, Titanium, Magnesium'),
};
const qualities = list(
  'Classic, Compact, Premium, Lightweight, Foldable, Portable, Professional, Vintage, Modern, Heavy Duty, Waterproof, Slim',
);
const uses = list(
  'travel, school, the office, small rooms, long days, beginners, professionals, families, winter, summer, rainy days, the garden, sports, students',
);
const praises = list(`
built to last, easy to clean, made from recycled parts, tested by an independent laboratory, delivered fully assembled, quiet in use
designed in Denmark, repairable for ten years, light enough to carry all day, packed without plastic, with a two year warranty
soft to the touch, safe for children, made by hand, adjustable in three steps, ready in a minute, stable on any floor
resistant to scratches, machine washable, free of harmful substances, with spare parts in stock, rated by thousands of customers
`);
const syllables = list(
  'ba, ke, lo, mi, nor, dra, vel, sun, tar, os, fen, gri, hal, ju, kro, lin, mar, nex, pol, qui, rad, sol, tem, ul, vis, wen, xan, yar, zel, ath',
);

/** Numbers from 0 to below 1 that look like chance, the same for the same number: Mulberry32. */
function chanceOf(seed) {
  let state = Math.imul(seed + 1, 0x9e3779b1);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const nameOf = (seed, parts) => {
  const chance = chanceOf(seed);
  const text = Array.from({ length: parts }, () => syllables[Math.floor(chance() * syllables.length)]).join('');
  return text[0].toUpperCase() + text.slice(1);
};

const brands = [...new Set(Array.from({ length: 1_200 }, (_, seed) => nameOf(seed * 7, 2 + (seed % 2))))];

/** What a product is made of: the same number makes the same one. */
export function factsOf(number) {
  const chance = chanceOf(number);
  const pick = (from) => from[Math.floor(chance() * from.length)];
  // A few names are everywhere, and most are rare, as in shops.
  const pickOften = (from) => from[Math.floor(chance() ** 3 * from.length)];
  const kind = pick(kinds);
  return {
    number,
    kind,
    brand: pickOften(brands),
    colour: pick(colours),
    material: pick(materials[kind.sort]),
    quality: pick(qualities),
    series: nameOf(1_000_000 + Math.floor(chance() ** 2 * 20_000), 3),
    model: `${pick([...'ABCDEFGHKLMNPRSTVX'])}${pick([...'ABCDEFGHKLMNPRSTVX'])}${Math.floor(chance() * 9_000) + 1_000}`,
    use: pick(uses),
    praises: [pick(praises), pick(praises), pick(praises)],
    other: pick(kinds).name,
    price: (5 + chance() ** 4 * 1_500).toFixed(2),
    quantity: chance() < 0.1 ? 0 : Math.floor(chance() * 200) + 1,
    weight: `${(chance() * 20).toFixed(1)} kg`,
    hasChoices: chance() < 0.15,
    isOffSale: chance() < 0.02,
  };
}

/** A product as a feed has it. */
export function productOf(facts) {
  const { number, kind, brand, colour, material, quality, series, model, use, price, quantity } = facts;
  const [first, second, third] = facts.praises;
  const id = `SKU-${String(number).padStart(7, '0')}`;
  const title = `${brand} ${series} ${quality} ${material} ${kind.name} ${colour} ${model}`;
  return {
    id,
    title,
    brand,
    category: kind.category,
    description:
      `The ${series} ${kind.name.toLowerCase()} by ${brand} in ${colour.toLowerCase()} is made of ${material.toLowerCase()}: ${first}, ${second} and ${third}. ` +
      `A good choice for ${use}. It goes well with our ${facts.other.toLowerCase()}, and comes as model ${model}.`,
    price: `${price} EUR`,
    url: `https://shop.example/${kind.name.toLowerCase().replaceAll(' ', '-')}/${series.toLowerCase()}-${number}`,
    image: `https://cdn.shop.example/images/${number % 100}/${number}.jpg`,
    attributes: { colour, material, weight: facts.weight, series, 'suited for': use },
    ...(facts.isOffSale && { status: 'draft' }),
    ...(facts.hasChoices && kind.sizes.length > 0
      ? {
          variants: kind.sizes.map((size, place) => ({
            id: `${id}-${place}`,
            size,
            quantity: (quantity + place * 7) % 90,
          })),
        }
      : { quantity }),
  };
}

/** Writes so many products, one a line. */
export async function writeProducts(file, count) {
  const output = createWriteStream(file);
  for (let number = 0; number < count; number += 1) {
    if (!output.write(`${JSON.stringify(productOf(factsOf(number)))}\n`)) await once(output, 'drain');
  }
  output.end();
  await once(output, 'finish');
}

/**
 * Texts that a visitor may write, each with how good a product is as an answer: 3 for all that was asked for, 1 for the right thing with
 * only some of it, 0 otherwise. Judged by the facts of which the products were made, never by what a search says.
 */
export function judgedQueries(count = 60) {
  return Array.from({ length: count }, (_, place) => {
    const wanted = factsOf(5_000_000 + place);
    const sameKind = ({ kind }) => kind === wanted.kind;
    const asks = [
      ['kind'],
      ['colour', 'kind'],
      ['brand', 'kind'],
      ['material', 'kind', 'colour'],
      ['quality', 'colour', 'kind'],
      ['brand', 'colour', 'kind'],
    ][place % 6];
    const textOf = (name) => (name === 'kind' ? wanted.kind.name : wanted[name]);
    return {
      text: asks.map(textOf).join(' ').toLowerCase(),
      gradeOf: (facts) => (!sameKind(facts) ? 0 : asks.every((name) => facts[name] === wanted[name]) ? 3 : 1),
    };
  });
}
