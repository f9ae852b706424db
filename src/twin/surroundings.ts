/** What of the empty network that programs are run in is the machine's. */
import { contentOf } from '../load/environment.js';
import type { Libbpf } from '../load/libbpf.js';
import type { TwinText } from './compile.js';

/** For the run time: whether the loopback device there forwards, which a namespace inherits from the machine as it is made. */
export function surroundings(libbpf: Pick<Libbpf, 'inEmptyNetwork'>): TwinText {
  const forwards = libbpf.inEmptyNetwork(() => ['ipv4', 'ipv6'].map(isForwarding));
  return {
    language: 'c',
    text: `#include "runtime.h"\nconst u8 kfaas_forwards[2] = { ${forwards.map(Number).join(', ')} };\n`,
  };
}

function isForwarding(protocol: string): boolean {
  return Number(contentOf(`/proc/sys/net/${protocol}/conf/lo/forwarding`) ?? 0) > 0;
}
