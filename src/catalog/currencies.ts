/**
 * What shops write for a currency, and which ISO 4217 codes it can mean, the likeliest first. Where it means several, the shop's own
 * currency decides if it is one of them. Without a space, case and dots do not count. Our choice.
 */
const signs: Readonly<Record<string, string>> = {
  ...{ '€': 'EUR', euro: 'EUR', euros: 'EUR', eur: 'EUR' },
  $: 'USD CAD AUD NZD SGD HKD MXN ARS CLP COP TWD UYU',
  ...{
    us$: 'USD',
    $us: 'USD',
    usdollar: 'USD',
    usdollars: 'USD',
    dollar: 'USD CAD AUD NZD',
    dollars: 'USD CAD AUD NZD',
  },
  ...{
    a$: 'AUD',
    au$: 'AUD',
    c$: 'CAD',
    ca$: 'CAD',
    can$: 'CAD',
    cad$: 'CAD',
    nz$: 'NZD',
    s$: 'SGD',
    sg$: 'SGD',
    hk$: 'HKD',
  },
  ...{ nt$: 'TWD', mx$: 'MXN', mex$: 'MXN', ar$: 'ARS', cl$: 'CLP', col$: 'COP', r$: 'BRL' },
  ...{
    '£': 'GBP EGP LBP',
    pound: 'GBP',
    pounds: 'GBP',
    '¥': 'JPY CNY',
    '￥': 'JPY CNY',
    元: 'CNY',
    円: 'JPY',
    rmb: 'CNY',
    yen: 'JPY',
  },
  ...{ '₹': 'INR', rs: 'INR PKR LKR NPR MUR SCR', rupees: 'INR PKR LKR NPR', '₨': 'INR PKR LKR NPR' },
  ...{
    zł: 'PLN',
    zl: 'PLN',
    kč: 'CZK',
    kc: 'CZK',
    ft: 'HUF',
    lei: 'RON',
    leu: 'RON',
    лв: 'BGN',
    lv: 'BGN',
    kn: 'HRK',
    din: 'RSD',
  },
  ...{ '₺': 'TRY', tl: 'TRY', '₽': 'RUB', руб: 'RUB', rub: 'RUB', rur: 'RUB', '₴': 'UAH', грн: 'UAH', '₸': 'KZT' },
  ...{ '₩': 'KRW', '₪': 'ILS', '₫': 'VND', đ: 'VND', '฿': 'THB', '₱': 'PHP', '₦': 'NGN', '₡': 'CRC', '₵': 'GHS' },
  ...{
    rm: 'MYR',
    rp: 'IDR',
    sr: 'SAR',
    sar: 'SAR',
    '﷼': 'SAR QAR OMR YER',
    dhs: 'AED',
    dh: 'AED MAD',
    's/': 'PEN',
    's/.': 'PEN',
  },
  ...{
    kd: 'KWD',
    bd: 'BHD',
    jd: 'JOD',
    ro: 'OMR',
    dt: 'TND',
    fr: 'CHF',
    sfr: 'CHF',
    franken: 'CHF',
    chf: 'CHF',
    r: 'ZAR',
  },
};

/** Signs that mean one of several currencies, of which none is likelier: only the shop's own currency tells which. */
const undecided: Readonly<Record<string, string>> = { kr: 'SEK NOK DKK ISK', ':-': 'SEK NOK DKK' };

/** Codes that are not used any more, and what they are now. */
const codes: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/** Which currency a sign or a code means, if it is one; `usual` is the shop's own. */
export function currencyOf(name: string, usual?: string): string | undefined {
  const plain = name.trim().toLowerCase().replace(/\s+/g, '');
  const known = Object.hasOwn(signs, plain) ? signs[plain] : signs[plain.replace(/\.$/, '')];
  if (known !== undefined) {
    const candidates = known.split(' ');
    return usual !== undefined && candidates.includes(usual) ? usual : candidates[0];
  }
  const code = plain.toUpperCase();
  return /^[A-Z]{3}$/.test(code) && codes.has(code) ? code : undefined;
}

/** Whether a text is a sign of several currencies, and which it is in a shop whose own is `usual`. */
export function undecidedCurrency(name: string, usual?: string): { readonly currency?: string } | undefined {
  const known = undecided[name.trim().toLowerCase().replace(/\.$/, '')];
  if (known === undefined) return undefined;
  return usual !== undefined && known.split(' ').includes(usual) ? { currency: usual } : {};
}

const decimals = new Map<string, number>();

/** How many digits stand after the point in amounts of a currency: 2 for EUR, 0 for JPY, 3 for KWD. Source: CLDR, as the runtime has it. */
export function decimalsOf(currency: string): number {
  const known = decimals.get(currency);
  if (known !== undefined) return known;
  const formatter = new Intl.NumberFormat('en', { style: 'currency', currency });
  const count = formatter.resolvedOptions().maximumFractionDigits ?? 2;
  decimals.set(currency, count);
  return count;
}
