/** A capture's packets as inputs: which of them, and from their Ethernet header on. */
import { mostInputs, type Input } from '../domain/plan.js';
import { BrokenCapture, packetsIn, type CapturedPacket } from './captures.js';
import { usageError, type Given } from './values.js';

/** Contexts of syscall programs end at U16_MAX (kernel, net/bpf/test_run.c), IP packets too; other types take less still. */
export const largestInputBytes = 0xffff;

/** `5`, `1-20`, `1-3,7`: packets count from 1. */
export const selectionPattern = /^\d{1,9}(-\d{1,9})?(,\d{1,9}(-\d{1,9})?)*$/;

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Throws a KfaasError (usage). */
export function spansOf(selection: Given): Span[] {
  const problem = (why: string) =>
    usageError(selection, why, 'give packets by number from 1 on, such as 5, 1-20 or 1-3,7');
  const text = selection.text.replaceAll(' ', '');
  if (!selectionPattern.test(text)) throw problem('');
  return text.split(',').map((part) => {
    const [from = 0, to = from] = part.split('-').map(Number);
    if (from === 0) throw problem(', which begins before the first packet');
    if (to < from) throw problem(', which ends before it begins');
    return { from, to };
  });
}

/**
 * @param name what the packets are numbered behind
 * @param selection absent: all
 * @throws KfaasError (usage) that names the packet
 */
export function captureInputs(value: Given, name: string, data: Buffer, selection: Given | undefined): Input[] {
  const spans = selection === undefined ? undefined : spansOf(selection);
  const last = spans === undefined ? Infinity : Math.max(...spans.map(({ to }) => to));
  const inputs: Input[] = [];
  let number = 0;
  for (const packet of packetsOf(value, data)) {
    number += 1;
    if (spans?.some(({ from, to }) => from <= number && number <= to) !== false) {
      inputs.push({ name: `${name}#${String(number)}`, hex: frameOf(value, number, packet).toString('hex') });
    }
    if (number === last) break;
    if (inputs.length > mostInputs) throw tooMany(selection ?? value);
  }
  if (selection !== undefined && number < last)
    throw usageError(
      selection,
      `, and ${value.text} has ${String(number)} packets`,
      `give numbers up to ${String(number)}`,
    );
  if (inputs.length === 0)
    throw usageError(value, ', in which there is no packet', 'give a capture with packets in it');
  return inputs;
}

/** Stops in front of what is broken only once it is reached. */
function* packetsOf(value: Given, data: Buffer): Generator<CapturedPacket> {
  try {
    yield* packetsIn(data);
  } catch (error) {
    if (!(error instanceof BrokenCapture)) throw error;
    throw usageError(
      value,
      `, a capture that ${error.message}`,
      'write it again, or give the packets before that by number',
    );
  }
}

export function tooMany(value: Given): Error {
  return usageError(
    value,
    `, with which there are more than the ${mostInputs.toLocaleString('en-US')} inputs that a benchmark can have`,
    `choose some of them (packets: 1-${String(mostInputs)}), or split the benchmark`,
  );
}

const ethernetLink = 1;
/** Packets that begin with their IP header: LINKTYPE_RAW as files and as some systems have it, LINKTYPE_IPV4, LINKTYPE_IPV6. */
const ipLinks = [101, 12, 14, 228, 229];
/** What is met most of the rest. */
const linkNames: Readonly<Record<number, string>> = {
  0: 'BSD loopback',
  9: 'PPP',
  105: 'IEEE 802.11',
  108: 'OpenBSD loopback',
  113: 'Linux cooked capture, as of the interface `any`',
  127: 'IEEE 802.11 with radiotap',
  276: 'Linux cooked capture v2, as of the interface `any`',
};

/** From the Ethernet header on, which programs of every type are run with; a bare IP packet is given one without addresses. */
function frameOf(value: Given, number: number, { linkType, bytes, originalBytes }: CapturedPacket): Buffer {
  const packet = `packet ${String(number)}`;
  if (linkType !== ethernetLink && !ipLinks.includes(linkType)) {
    const known = linkNames[linkType];
    throw usageError(
      value,
      `, of whose ${packet} the link type is ${String(linkType)}${known === undefined ? '' : ` (${known})`}`,
      'give a capture of Ethernet or of bare IP: of one interface (tcpdump -i eth0), or rewritten (tcprewrite --dlt=enet)',
    );
  }
  if (bytes.length < originalBytes) {
    throw usageError(
      value,
      `, of whose ${packet} ${String(bytes.length)} of ${String(originalBytes)} bytes were captured`,
      'capture whole packets (tcpdump -s 0), or choose others by `packets`',
    );
  }
  const frame = linkType === ethernetLink ? bytes : Buffer.concat([etherHeaderFor(value, packet, bytes), bytes]);
  if (frame.length === 0 || frame.length > largestInputBytes) {
    throw usageError(
      value,
      `, whose ${packet} has ${frame.length.toLocaleString('en-US')} bytes`,
      `choose packets of at most ${largestInputBytes.toLocaleString('en-US')} bytes by \`packets\``,
    );
  }
  return frame;
}

function etherHeaderFor(value: Given, packet: string, ip: Buffer): Buffer {
  const etherType = { 4: 0x0800, 6: 0x86dd }[(ip[0] ?? 0) >> 4];
  if (etherType === undefined)
    throw usageError(value, `, whose ${packet} is no IP packet`, 'choose others by `packets`');
  const header = Buffer.alloc(14);
  header.writeUInt16BE(etherType, 12);
  return header;
}
