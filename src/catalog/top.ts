/** Whether one number stands before another. */
export type Order = (a: number, b: number) => boolean;

/** The first so many of very many numbers, in order: a heap whose top is the last of those that are kept. */
export function topOf(numbers: Iterable<number>, limit: number, isBefore: Order): readonly number[] {
  const heap: number[] = [];
  for (const number of limit > 0 ? numbers : []) {
    const [last] = heap;
    if (heap.length < limit) rise(heap, number, isBefore);
    else if (last !== undefined && isBefore(number, last)) sink(heap, number, isBefore);
  }
  return heap.sort((a, b) => (isBefore(a, b) ? -1 : 1));
}

/** Puts one more into the heap. */
function rise(heap: number[], added: number, isBefore: Order): void {
  let at = heap.push(added) - 1;
  for (let parent = (at - 1) >> 1; at > 0; parent = (at - 1) >> 1) {
    const above = heap[parent];
    if (above === undefined || !isBefore(above, added)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = added;
}

/** Puts one in the place of the top. */
function sink(heap: number[], added: number, isBefore: Order): void {
  let at = 0;
  for (let child = 1; child < heap.length; child = 2 * at + 1) {
    const [left, right] = [heap[child], heap[child + 1]];
    const later = left !== undefined && right !== undefined && isBefore(left, right) ? child + 1 : child;
    const below = heap[later];
    if (below === undefined || !isBefore(added, below)) break;
    heap[at] = below;
    at = later;
  }
  heap[at] = added;
}
