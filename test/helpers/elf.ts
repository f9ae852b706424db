/** The beginning of an ELF file (elf(5)): a relocatable object for a machine, 247 being eBPF and 62 x86-64. */
export function elfHeader(machine: number, order: 'little' | 'big' = 'little'): Buffer {
  const header = Buffer.alloc(64);
  header.write('\x7fELF', 'latin1');
  header[4] = 2; // 64 bits
  header[5] = order === 'little' ? 1 : 2;
  if (order === 'little') header.writeUInt16LE(machine, 18);
  else header.writeUInt16BE(machine, 18);
  return header;
}
