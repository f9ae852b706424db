/** Whether this process may do what a worker does. Pure. */

const capSysAdmin = 21n; // include/uapi/linux/capability.h

/**
 * CAP_SYS_ADMIN in the machine's own user namespace: bpf(2) asks for it there, and CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON
 * together may not turn run statistics on.
 * @param status the text of `/proc/self/status`
 * @param uidMap the text of `/proc/self/uid_map`
 */
export function mayLoadBpf(status: string, uidMap: string): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  // The first namespace maps every id to itself; user_namespaces(7).
  const firstNamespace = /^\s*0\s+0\s+4294967295\s*$/.test(uidMap);
  return firstNamespace && ((BigInt(`0x${effective}`) >> capSysAdmin) & 1n) === 1n;
}
