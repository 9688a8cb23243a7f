export const bearer = { authorization: 'Bearer demo-key' };
export const key = { 'x-api-key': 'demo-key' };

/** An answer said itself that it failed. */
export class Failed extends Error {}

/** An answer stopped in good order, as if it were whole, without the end that its dialect gives it. */
export class Unended extends Error {}

/** What was answered was not told in time to who listens beside asking. */
export class Untold extends Error {}

/** The header that makes a turn one that may be repeated. */
export const onceHeader = (onceKey) => (onceKey === undefined ? {} : { 'idempotency-key': onceKey });

/** A call for a whole answer; one who leaves does so when the request has been sent. */
export async function whole(web, path, { headers, json, leaveAfter }) {
  if (leaveAfter === undefined) return web.succeed('POST', path, { headers, json });
  const controller = new AbortController();
  setImmediate(() => setImmediate(() => controller.abort()));
  return web.succeed('POST', path, { headers, json, signal: controller.signal }).catch((error) => {
    if (error.name !== 'AbortError') throw error;
  });
}

/** Adds up the text of a stream; `undefined` if the visitor left. `read` gives a frame's text, or `true` for its proper end. */
export async function streamed(frames, read, { onBegun, onFrame, leaveAfter }) {
  let text = '';
  let count = 0;
  let complete = false;
  for await (const frame of frames) {
    if (count === 0) onBegun?.();
    if (count === leaveAfter) return undefined;
    count += 1;
    onFrame?.();
    const said = read(frame);
    if (said === true) complete = true;
    else text += said;
  }
  if (!complete) throw new Unended('The stream ended without its end');
  return text;
}
