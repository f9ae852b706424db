/** Ring buffers, by descriptor. */
import { check, declare, type LibraryHandle } from './library.js';

export function rings(harness: LibraryHandle) {
  const fill = declare<(fd: number, bytes: number) => number>(harness, 'int kfaas_fill_ring(int fd, uint32_t bytes)');
  return {
    /** Leaves no room in it. @param bytes its size; throws an Errno */
    fillRing(fd: number, bytes: number): void {
      check('fill ring buffer', fill(fd, bytes));
    },
  };
}
