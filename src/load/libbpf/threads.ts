/** The calling thread: its CPU, its network namespace, the processes that it starts. */
import { Errno, check, declare, lastErrno, loadLibc, type LibraryHandle } from './library.js';

export function threads(harness: LibraryHandle) {
  const pin = declare<(cpu: number) => number>(harness, 'int kfaas_pin(int cpu)');
  const pinMeanwhile = declare<(cpu: number) => number>(harness, 'int kfaas_pin_meanwhile(int cpu)');
  const unpin = declare<() => number>(harness, 'int kfaas_unpin()');
  const highestCpu = declare<() => number>(harness, 'int kfaas_highest_cpu()');
  const endWithParent = declare<() => number>(harness, 'int kfaas_end_with_parent()');
  const enterEmptyNetwork = declare<() => number>(harness, 'int kfaas_enter_empty_network()');
  const leaveEmptyNetwork = declare<(home: number) => number>(harness, 'int kfaas_leave_empty_network(int home)');
  const socketpair = declare<(domain: number, type: number, protocol: number, pair: Int32Array) => number>(
    loadLibc(),
    'int socketpair(int domain, int type, int protocol, _Out_ int *pair)',
  );
  return {
    /** Pins the calling thread and the processes that it starts from now on. */
    pinThread(cpu: number): void {
      check(`pin to CPU ${String(cpu)}`, pin(cpu));
    },
    /** What the work does, and the processes that it starts, stay on that CPU; nothing else starts meanwhile. */
    onCpu<T>(cpu: number, work: () => T): T {
      check(`pin to CPU ${String(cpu)}`, pinMeanwhile(cpu));
      try {
        return work();
      } finally {
        check('unpin', unpin());
      }
    },
    /** This process is killed when the one that started it ends, however that ends. */
    endWithParent(): void {
      check('PR_SET_PDEATHSIG', endWithParent());
    },
    highestCpu: (): number => check('sched_getaffinity', highestCpu()),
    /** Does something in a network namespace that has nothing but a loopback device, which is down; test runs take place there. */
    inEmptyNetwork<Given extends unknown[], T>(work: (...given: Given) => T, ...given: Given): T {
      const home = check('enter an empty network namespace', enterEmptyNetwork());
      try {
        return work(...given);
      } finally {
        check('leave the empty network namespace', leaveEmptyNetwork(home));
      }
    },
    /** Two connected blocking stream sockets. */
    socketPair(): [number, number] {
      const pair = new Int32Array(2);
      if (socketpair(1 /* AF_UNIX */, 1 | 0o2000000 /* SOCK_STREAM | SOCK_CLOEXEC */, 0, pair) < 0) {
        throw new Errno('socketpair', lastErrno());
      }
      return [pair[0] ?? -1, pair[1] ?? -1];
    },
  };
}
