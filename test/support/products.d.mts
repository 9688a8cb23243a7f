/** What a made-up product is made of. */
export interface Facts {
  readonly number: number;
  readonly kind: { readonly name: string; readonly category: string };
  readonly brand: string;
  readonly colour: string;
  readonly material: string;
}

export function factsOf(number: number): Facts;
export function productOf(facts: Facts): { readonly id: string; readonly title: string };
export function writeProducts(file: string, count: number): Promise<void>;
