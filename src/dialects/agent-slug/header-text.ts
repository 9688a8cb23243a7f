const unfit = /[^\x21-\x24\x26-\x7e]+/gu;

/** A text as a header can hold it: what is no visible ASCII, and `%`, is written as in an address. Our choice. */
export const headerText = {
  encode: (text: string): string => text.replace(unfit, encodeURIComponent),
  /** One that somebody else wrote, and that cannot be read so, is taken as it is. */
  decode(text: string): string {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  },
};
