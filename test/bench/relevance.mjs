// How good the first ten are: nDCG@10 over three catalogues, with judgements by rules over their fields. A rule is a pattern of what is
// meant (3), and one of what is near to it (1), over `title | brand | category`; the first that fits counts.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const catalogues = [
  {
    file: 'icecat-electronics.ndjson',
    rules: [
      [
        'notebook',
        /\b(?:notebook|laptop|elitebook|probook)\b(?!.*\b(?:case|bag|dock|stand|lock|battery|adapter|keyboard|memory|sleeve|backpack|arm|mount|part|privacy|cool)\b)/i,
        /notebook|laptop/i,
      ],
      [
        'laptop bag',
        /(?:notebook|laptop).*\b(?:bag|backpack|briefcase|messenger|case)\b|targus.*(?:bag|case)/i,
        /notebook case|bag|backpack/i,
      ],
      ['notebook case', /notebook case|(?:notebook|laptop).*\b(?:sleeve|case|bag)\b/i, /sleeve|case/i],
      ['hdmi cable', /hdmi.*cable|cable.*hdmi/i, /hdmi|cable/i],
      [
        'wireless mouse',
        /(?:wireless|bluetooth).*\bmouse\b|\bmouse\b.*(?:wireless|bluetooth)|mice.*wireless/i,
        /\b(?:mouse|mice)\b/i,
      ],
      ['bluetooth headset', /bluetooth.*head(?:set|phone)|head(?:set|phone).*bluetooth/i, /headset|headphone/i],
      ['headphones', /headphones?\b/i, /headset|earphone|earbud/i],
      ['toner cartridge', /\btoner\b/i, /cartridge|drum|ink/i],
      ['ink cartridge black', /(?:ink|cartridge).*black|black.*(?:ink|cartridge)/i, /\bink\b|cartridge/i],
      ['hp toner', /\bhp\b.*toner|toner.*\bhp\b/i, /toner/i],
      ['photo paper', /photo(?:graphic)? ?paper|paper.*photo/i, /paper/i],
      ['projector lamp', /projector lamp|projection lamp|lamp.*projector/i, /projector|\blamp\b/i],
      ['projector', /projector(?!.*\b(?:lamp|mount|bag|case|screen)\b)/i, /projector/i],
      ['samsung tv', /samsung.*\b(?:tv|television|lcd tv)\b/i, /\btv\b|television/i],
      ['lcd monitor', /monitor(?!.*\b(?:mount|arm|stand|filter|cable)\b)/i, /monitor|display/i],
      ['memory card', /memory card|\bsd(?:hc|xc)?\b.*card|compact ?flash/i, /flash|memory/i],
      ['usb stick', /usb flash|flash drive|usb stick/i, /usb/i],
      [
        'external hard drive',
        /external.*(?:hard|hdd|drive)|(?:hard|hdd|drive).*external/i,
        /hard drive|hard disk|hdd/i,
      ],
      ['memory ram ddr', /\bddr\d?\b/i, /memory module|memory/i],
      ['motherboard', /motherboard/i, /mainboard|chipset/i],
      [
        'intel processor',
        /intel.*(?:processor|core|xeon|pentium|celeron)(?!.*(?:notebook|server|motherboard|desktop))/i,
        /processor|intel/i,
      ],
      ['digital camera', /digital.*camera|camera.*digital|compact camera/i, /camera/i],
      ['canon camera lens', /canon.*\blens\b|\blens\b.*canon|canon ef/i, /lens/i],
      ['camera lens', /camera lens|\blens\b/i, /lens|filter/i],
      ['coffee machine', /coffee (?:machine|maker)|espresso machine/i, /coffee|espresso/i],
      ['electric toothbrush', /toothbrush(?! head)/i, /toothbrush|oral/i],
      ['baby doll', /baby born|annabell|doll/i, /baby|toy/i],
      ['dvd player', /dvd player|player.*dvd/i, /dvd|blu-?ray/i],
      ['clock radio', /clock.*radio|radio.*clock/i, /radio|clock/i],
      ['docking station', /dock(?:ing)? station|docking/i, /dock|port replicator/i],
      ['wall mount', /wall mount/i, /mount/i],
      ['tv wall mount', /(?:wall|tv).*mount/i, /mount|bracket/i],
      [
        'network switch',
        /\bswitch(?:es)?\b.*(?:port|ethernet|network|gigabit|managed)|(?:ethernet|network|gigabit|managed).*\bswitch\b/i,
        /switch|network/i,
      ],
      ['wireless router', /router/i, /wireless|access point|wlan/i],
      ['keyboard', /\bkeyboard\b(?!.*(?:cover|tray|drawer))/i, /keyboard/i],
      ['aa batteries', /\baa\b.*batter|batter.*\baa\b|lr6/i, /batter/i],
      ['laptop battery', /(?:notebook|laptop).*batter|batter.*(?:notebook|laptop)|spare part battery/i, /batter/i],
      ['smartwatch', /smart ?watch/i, /watch/i],
      ['phone case galaxy', /galaxy.*case|case.*galaxy|phone case.*samsung|samsung.*phone case/i, /phone case/i],
      ['laser printer', /laser.*(?:printer|jet)|laserjet/i, /printer/i],
      ['scanner', /scan(?:ner|jet)/i, /scan/i],
      ['washing machine', /washing machine|washer/i, /dryer/i],
      ['refrigerator', /fridge|refrigerator/i, /freezer/i],
      ['vacuum cleaner', /vacuum/i, /cleaner/i],
    ],
  },
  {
    file: 'ecommerce.ndjson',
    rules: [
      ['car charger', /car charger/i, /charger/i],
      ['screen protector', /screen protector/i, /protector/i],
      ['screen protector iphone 7', /(?=.*screen protector).*iphone.{0,3}7/i, /screen protector/i],
      ['selfie stick', /selfie/i, /monopod|stick/i],
      ['bluetooth headset', /bluetooth.*headset|headset.*bluetooth/i, /headset|headphone/i],
      ['prepaid phone', /prepaid.*(?:phone|cell)/i, /phone/i],
      ['unlocked samsung galaxy', /(?=.*samsung)(?=.*galaxy).*unlocked/i, /samsung.*galaxy/i],
      ['wireless charger', /wireless charg/i, /charg/i],
      ['smartwatch band', /watch.*\bband\b|band.*watch/i, /watch/i],
      ['apple watch', /apple watch/i, /watch/i],
      ['iphone 6s case', /case.*iphone.{0,12}6s|iphone.{0,12}6s.*case/i, /case.*iphone|iphone.*case/i],
      ['otterbox defender', /defender.*otterbox|otterbox.*defender/i, /otterbox/i],
      ['lightning cable', /lightning.*cable|cable.*lightning/i, /lightning|cable/i],
      ['sim card', /sim card|sim kit/i, /\bsim\b/i],
      ['car mount', /\b(?:car|vehicle|dash|vent).*mount/i, /mount/i],
      ['signal booster', /signal booster|booster/i, /antenna|signal/i],
      ['hotspot', /hotspot/i, /mobile broadband/i],
      ['google pixel', /\bpixel\b(?!.*(?:case|cover|protector))/i, /pixel/i],
    ],
  },
  {
    file: 'dummyjson-products.json',
    rules: [
      ['perfume', /fragrances/i, /beauty/i],
      ['laptop', /laptops/i, /tablets/i],
      ['sunglasses', /sunglasses/i, /glasses/i],
      ['mens shirt', /mens-shirts/i, /tops/i],
      ['running shoes', /shoes/i, /sports/i],
      ['smartphone', /smartphones/i, /mobile/i],
      ['womens watch', /womens-watches/i, /watches/i],
      ['lipstick', /lipstick/i, /beauty/i],
      ['knife', /knife/i, /kitchen/i],
      ['football', /football/i, /ball/i],
    ],
  },
];

const gradeOf = (item, [, meant, near]) => {
  const text = [item.title, item.brand, item.category].filter(Boolean).join(' | ');
  return meant.test(text) ? 3 : near.test(text) ? 1 : 0;
};

/** What grades are worth, the sooner the more. */
export const gain = (grades) => grades.reduce((sum, grade, place) => sum + (2 ** grade - 1) / Math.log2(place + 2), 0);

/** The same query with one letter of its longest word lost. */
export const mistyped = (text) => {
  const longest = text.split(' ').toSorted((a, b) => b.length - a.length)[0];
  const place = Math.floor(longest.length / 2);
  return text.replace(longest, longest.slice(0, place) + longest.slice(place + 1));
};

/** nDCG@10 of each catalogue that the folder has, as written and mistyped. */
export async function measureRelevance(openCatalog, folder, { verbose = false } = {}) {
  const rows = {};
  for (const { file, rules } of catalogues) {
    if (!existsSync(join(folder, file))) continue;
    const catalog = await openCatalog({ name: file, file: join(folder, file) });
    const all = (await catalog.search({ text: '', limit: 100_000 })).map(({ item }) => item);
    const score = async (rule, text) => {
      const found = await catalog.search({ text, limit: 10 });
      const ideal = gain(
        all
          .map((item) => gradeOf(item, rule))
          .toSorted((a, b) => b - a)
          .slice(0, 10),
      );
      return ideal === 0 ? undefined : gain(found.map(({ item }) => gradeOf(item, rule))) / ideal;
    };
    const mean = async (write) => {
      const scores = [];
      for (const rule of rules) {
        const each = await score(rule, write(rule[0]));
        if (verbose && each !== undefined && each < 0.8) console.log(file, write(rule[0]), each.toFixed(2));
        if (each !== undefined) scores.push(each);
      }
      return scores.reduce((sum, each) => sum + each, 0) / scores.length;
    };
    rows[file] = {
      'nDCG@10': (await mean((text) => text)).toFixed(3),
      'with typos': (await mean(mistyped)).toFixed(3),
    };
  }
  return rows;
}
