import type { AnswerContext } from './backend.ts';

/** Which images of visitors a backend may be told beside our own uploads. */
export interface ImageRules {
  /** Names of hosts in lower case; `*.shop.example` for all below it. */
  readonly hosts: readonly string[];
}

/** So many images go with one request, and so many characters of them together, the newest first. Our choice. */
const maxImages = 8;
const maxCharacters = 32_000_000;

/** Something that was said, with the addresses of its images. */
interface Said {
  readonly text: string;
  readonly images?: readonly string[];
}

/**
 * What was said, with those of its images that may be passed on: our own uploads as what they are, and addresses on hosts that are
 * listed, since a model's server fetches what it is told. What is left out of the last message is told to the context; a message
 * that was nothing but images says so.
 */
export async function withImages<T extends Said>(
  said: readonly T[],
  { hosts }: ImageRules,
  { upload, leftOut }: Pick<AnswerContext, 'upload' | 'leftOut'>,
): Promise<readonly T[]> {
  if (!said.some(hasImages)) return said;
  let [images, characters] = [maxImages, maxCharacters];
  const tellable = async (url: string, isPast: boolean): Promise<string | undefined> => {
    if (images === 0) return undefined;
    const known = isImageData(url) ? url : listedAddress(url, hosts);
    // A picture of the past is not worth a turn that fails because it cannot be read.
    const told = known ?? (await upload(url).catch((thrown: unknown) => passOver(thrown, isPast)));
    if (told === undefined || told.length > characters) return undefined;
    [images, characters] = [images - 1, characters - told.length];
    return told;
  };
  const told: T[] = [];
  for (const one of said.toReversed()) {
    const found: string[] = [];
    for (const [at, url] of (one.images ?? []).entries()) {
      const image = await tellable(url, told.length > 0);
      if (image !== undefined) found.push(image);
      else if (told.length === 0) leftOut(at);
    }
    told.push(found.length === 0 ? withoutImages(one) : { ...one, images: found });
  }
  return told.toReversed();
}

/** What was said, without its images; a message that was nothing else says so. */
export const withoutImages = <T extends Said>(one: T): T =>
  hasImages(one) ? { ...one, ...(one.text === '' && { text: '(an image)' }), images: [] } : one;

function passOver(thrown: unknown, isPast: boolean): undefined {
  if (!isPast) throw thrown;
}

export const hasImages = ({ images = [] }: Said): boolean => images.length > 0;

/** An image that is its own address. */
const isImageData = (url: string): boolean => /^data:image\/(?:png|jpeg|gif|webp);base64,[a-z0-9+/]+=*$/i.test(url);

/**
 * An address by https on a host of the list, at the usual port and with nobody's name in it, as we read it: another reader may take
 * a text that is not in that form for another address.
 */
function listedAddress(text: string, hosts: readonly string[]): string | undefined {
  const url = URL.parse(text);
  if (url === null || url.protocol !== 'https:' || url.port !== '' || url.username !== '' || url.password !== '') {
    return undefined;
  }
  const isListed = (host: string): boolean =>
    host.startsWith('*.') ? url.hostname.endsWith(host.slice(1)) : url.hostname === host;
  return hosts.some(isListed) ? url.href : undefined;
}
