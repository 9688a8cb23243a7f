const decimal = /^-?\d+(?:\.\d+)?$/;

/** A JSON number on this wire, decimal text inside. What is no plain decimal, or too big for a number, is left out. */
export const price = {
  decode(wire: number | undefined): string | undefined {
    const text = String(wire);
    return decimal.test(text) ? text : undefined;
  },
  encode(amount: string | undefined): number | undefined {
    const number = amount !== undefined && decimal.test(amount) ? Number(amount) : Number.NaN;
    return Number.isFinite(number) ? number : undefined;
  },
};
