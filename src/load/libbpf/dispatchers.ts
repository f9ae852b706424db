/** What XDP's dispatcher is made of. */
import { check, declare, type LibraryHandle } from './library.js';

export function dispatchers(harness: LibraryHandle) {
  const progArray = declare<() => number>(harness, 'int kfaas_prog_array()');
  const set = declare<(map: number, program: number) => number>(
    harness,
    'int kfaas_prog_array_set(int map, int program)',
  );
  const attach = declare<(program: number, link: number[], namespace: number[]) => number>(
    harness,
    'int kfaas_attach_to_own_loopback(int program, _Out_ int *link, _Out_ int *namespace)',
  );
  return {
    /** A PROG_ARRAY of one slot; returns its descriptor. */
    progArray: (): number => check('BPF_MAP_CREATE', progArray()),
    setProgArray(map: number, program: number): void {
      check('BPF_MAP_UPDATE_ELEM', set(map, program));
    },
    /** Attaches an XDP program to `lo` of a new network namespace; both last until the descriptors are closed. */
    attachToOwnLoopback(program: number): { linkFd: number; namespaceFd: number } {
      const link = [-1];
      const namespace = [-1];
      check('attach XDP to a loopback device', attach(program, link, namespace));
      return { linkFd: link[0] ?? -1, namespaceFd: namespace[0] ?? -1 };
    },
  };
}
