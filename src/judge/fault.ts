/** A fault of a record: a clause with its figures; undefined where there is none. */
export type Fault = string | undefined;

export function firstOf<T>(items: readonly T[], check: (item: T) => Fault): Fault {
  for (const item of items) {
    const fault = check(item);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

export function firstTwice<T>(items: readonly T[]): T | undefined {
  return items.find((item, index) => items.indexOf(item) !== index);
}
