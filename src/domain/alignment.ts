/** Which elements of two lists belong together: a longest common subsequence, by E. W. Myers, "An O(ND) difference algorithm", 1986. Pure. */

/** Places in the one list and in the other; rising in both. */
export type Pair = readonly [before: number, now: number];

/** Lists that differ in more elements than this have only their common beginning and end paired. */
const maxDifferences = 1_000;

export function align<T>(before: readonly T[], now: readonly T[], same: (a: T, b: T) => boolean): Pair[] {
  const isSame = (x: number, y: number): boolean => {
    const [a, b] = [before[x], now[y]];
    return a !== undefined && b !== undefined && same(a, b);
  };
  let start = 0;
  while (isSame(start, start)) start++;
  let end = 0;
  const shorter = Math.min(before.length, now.length) - start;
  while (end < shorter && isSame(before.length - 1 - end, now.length - 1 - end)) end++;
  const middle = shortestPath(before.length - start - end, now.length - start - end, (x, y) =>
    isSame(start + x, start + y),
  );
  return [
    ...Array.from({ length: start }, (_, i): Pair => [i, i]),
    ...middle.map(([x, y]): Pair => [start + x, start + y]),
    ...Array.from({ length: end }, (_, i): Pair => [before.length - end + i, now.length - end + i]),
  ];
}

/** Myers's greedy search: how far each diagonal k = x − y gets with so many differences, each step of it kept for the way back. */
function shortestPath(width: number, height: number, isSame: (x: number, y: number) => boolean): Pair[] {
  const limit = Math.min(width + height, maxDifferences);
  const reached = new Map<number, number>([[1, 0]]);
  const steps: Map<number, number>[] = [];
  for (let differences = 0; differences <= limit; differences++) {
    for (let k = -differences; k <= differences; k += 2) {
      let x = furthest(reached, k, differences);
      while (x < width && x - k < height && isSame(x, x - k)) x++;
      reached.set(k, x);
      if (x >= width && x - k >= height) return pairsBack(steps, width, height);
    }
    steps.push(new Map(reached));
  }
  return [];
}

/** From the diagonal above or below, whichever got further. */
function furthest(reached: ReadonlyMap<number, number>, k: number, differences: number): number {
  const [below, above] = [reached.get(k - 1) ?? -1, reached.get(k + 1) ?? -1];
  return k === -differences || (k !== differences && below < above) ? above : below + 1;
}

function pairsBack(steps: readonly Map<number, number>[], width: number, height: number): Pair[] {
  const pairs: Pair[] = [];
  let [x, y] = [width, height];
  for (let differences = steps.length; differences > 0; differences--) {
    const reached = steps[differences - 1] ?? new Map<number, number>();
    const k = x - y;
    const [below, above] = [reached.get(k - 1) ?? -1, reached.get(k + 1) ?? -1];
    const from = k === -differences || (k !== differences && below < above) ? k + 1 : k - 1;
    const fromX = reached.get(from) ?? 0;
    const startX = from > k ? fromX : fromX + 1;
    while (x > startX) pairs.push([--x, --y]);
    [x, y] = [fromX, fromX - from];
  }
  while (x > 0 && y > 0) pairs.push([--x, --y]);
  return pairs.reverse();
}
