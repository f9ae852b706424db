/** Inputs as users name them: raw files, captures, hex digits and built-in packets. */
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { hexSchema, mostInputs, type Input } from '../domain/plan.js';
import { captureInputs, largestInputBytes, tooMany } from './capture-inputs.js';
import { isCapture } from './captures.js';
import { fileKind, problems, withUniqueNames } from './files.js';
import { allBuiltinPackets, builtinPacket, isPacketName, packetNames } from './packet-set.js';
import { didYouMean, listed, usageError, type Given } from './values.js';

/** More is no file to take a few packets from. */
const largestFileBytes = 256 * 1024 * 1024;

/** The name that stands for all built-in packets. */
export const allPackets = 'all';

/**
 * A file's bytes as an input that is named after it, or the packets of a capture.
 * @param selection which packets; absent: all
 */
export function fileInputs(value: Given, workingDirectory: string, selection?: Given): Input[] {
  const file = path.resolve(workingDirectory, value.text);
  const kind = fileKind(file);
  const wanted = "a file with a packet's raw bytes, or a capture (pcap, pcapng)";
  if (kind !== 'file') throw usageError(value, problems[kind], `give ${wanted}; paths start at ${workingDirectory}`);
  const { size } = statSync(file);
  if (size === 0) throw usageError(value, ', which is empty', `give ${wanted}`);
  if (size > largestFileBytes) {
    const most = `${String(largestFileBytes / 1024 / 1024)} MiB`;
    throw usageError(value, `, which has more than ${most}`, `cut it: editcap -r ${value.text} few.pcap 1-20`);
  }
  const bytes = readFileSync(file);
  const name = path.basename(file);
  if (isCapture(bytes)) return captureInputs(value, name, bytes, selection);
  rejectOtherFiles(value, bytes, selection);
  return [{ name, hex: bytes.toString('hex') }];
}

/** What is no capture is the bytes of one packet, unless it was meant to be more. */
function rejectOtherFiles(value: Given, bytes: Buffer, selection: Given | undefined): void {
  const remedy = 'give a capture in the format pcap or pcapng, which editcap converts others to';
  if (bytes.readUIntBE(0, Math.min(bytes.length, 3)) === 0x1f8b08) {
    throw usageError(value, ', which is compressed', `unpack it: gunzip ${value.text}`);
  }
  if (/\.(pcap|pcapng|cap)$/i.test(value.text)) throw usageError(value, ', which is no capture', remedy);
  if (selection !== undefined) throw usageError(selection, `, and ${value.text} is no capture`, remedy);
  requireSize(value, bytes.length);
}

function requireSize(value: Given, bytes: number): void {
  if (bytes <= largestInputBytes) return;
  throw usageError(
    value,
    `, which has ${bytes.toLocaleString('en-US')} bytes`,
    `give one packet of at most ${largestInputBytes.toLocaleString('en-US')} bytes, or a capture`,
  );
}

/** Hex digits as an input. */
export function hexInput(value: Given): Input {
  const hex = hexSchema.min(2).safeParse(value.text.toLowerCase());
  if (!hex.success) throw usageError(value, '', 'give an even number of hex digits and nothing else, such as 0a0b0c');
  requireSize(value, hex.data.length / 2);
  return { name: 'hex', hex: hex.data };
}

/** A built-in packet, or all of them. */
export function builtinInputs(value: Given): Input[] {
  if (value.text === allPackets) return allBuiltinPackets();
  if (isPacketName(value.text)) return [builtinPacket(value.text)];
  const names = [...packetNames, allPackets];
  throw usageError(value, `, which is no built-in packet${didYouMean(value.text, names)}`, `give ${listed(names)}`);
}

/** The inputs in a file where such a file exists, of a capture also `FILE#1-20`; else a built-in packet or hex digits. */
export function packetInputs(value: Given, workingDirectory: string): Input[] {
  const { text } = value;
  const isThere = (file: string): boolean => fileKind(path.resolve(workingDirectory, file)) !== 'missing';
  if (isThere(text)) return fileInputs(value, workingDirectory);
  const at = text.lastIndexOf('#');
  if (at > 0 && isThere(text.slice(0, at))) {
    const selection = { ...value, name: `${value.name} behind #`, text: text.slice(at + 1) };
    return fileInputs({ ...value, text: text.slice(0, at) }, workingDirectory, selection);
  }
  if (text === allPackets || isPacketName(text)) return builtinInputs(value);
  if (/^[0-9a-f]+$/i.test(text)) return [hexInput(value)];
  throw usageError(
    value,
    `, which is neither a file that exists nor a built-in packet nor hex digits${didYouMean(text, packetNames)}`,
    `give a file with a packet's raw bytes or a capture (paths start at ${workingDirectory}), a packet's name such as udp4, or hex digits such as 0a0b0c`,
  );
}

/** The inputs of one benchmark, each under a name of its own. */
export function gathered(inputs: readonly Input[], value: Given): Input[] {
  if (inputs.length > mostInputs) throw tooMany({ ...value, text: `${String(inputs.length)} packets` });
  return withUniqueNames(inputs);
}
