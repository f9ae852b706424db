/** What has to be known of the kinds of maps. Pure. Numbers: `enum bpf_map_type` of include/uapi/linux/bpf.h. */

export interface MapKind {
  readonly name: string;
  /** How user space gets at the elements; `none` where it cannot, or where they are no bytes that two sides could share. */
  readonly elements: 'array' | 'keys' | 'programs' | 'maps' | 'none';
  /** User space sees a value for each CPU. */
  readonly isPerCpu?: true;
  /** Forgets elements by a rule of its own. */
  readonly forgets?: true;
}

const kinds: Readonly<Record<number, MapKind>> = {
  1: { name: 'HASH', elements: 'keys' },
  2: { name: 'ARRAY', elements: 'array' },
  3: { name: 'PROG_ARRAY', elements: 'programs' },
  4: { name: 'PERF_EVENT_ARRAY', elements: 'none' },
  5: { name: 'PERCPU_HASH', elements: 'keys', isPerCpu: true },
  6: { name: 'PERCPU_ARRAY', elements: 'array', isPerCpu: true },
  9: { name: 'LRU_HASH', elements: 'keys', forgets: true },
  10: { name: 'LRU_PERCPU_HASH', elements: 'keys', isPerCpu: true, forgets: true },
  11: { name: 'LPM_TRIE', elements: 'keys' },
  12: { name: 'ARRAY_OF_MAPS', elements: 'maps' },
  13: { name: 'HASH_OF_MAPS', elements: 'maps' },
  14: { name: 'DEVMAP', elements: 'keys' },
  15: { name: 'SOCKMAP', elements: 'none' },
  16: { name: 'CPUMAP', elements: 'keys' },
  17: { name: 'XSKMAP', elements: 'none' },
  18: { name: 'SOCKHASH', elements: 'none' },
  19: { name: 'CGROUP_STORAGE', elements: 'none' },
  21: { name: 'PERCPU_CGROUP_STORAGE', elements: 'none' },
  22: { name: 'QUEUE', elements: 'none' },
  23: { name: 'STACK', elements: 'none' },
  24: { name: 'SK_STORAGE', elements: 'none' },
  25: { name: 'DEVMAP_HASH', elements: 'keys' },
  27: { name: 'RINGBUF', elements: 'none' },
};

/** Kinds that bpf/runtime lacks have no elements here, and stop a program that touches them. */
export function mapKind(type: number): MapKind {
  return kinds[type] ?? { name: `map type ${String(type)}`, elements: 'none' };
}

/** Kinds that bpf/runtime has, in the order of their numbers. */
export function supportedMapKinds(): MapKind[] {
  return Object.values(kinds);
}
