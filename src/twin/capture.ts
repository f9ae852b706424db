/** What the maps of a program hold that somebody else has loaded. */
import { closeSync, readFileSync } from 'node:fs';
import type { Captured, CaptureTarget } from '../domain/captured.js';
import type { MapDatum } from '../domain/plan.js';
import { KfaasError } from '../errors.js';
import { Errno, openLoaded, type Loaded } from '../load/libbpf.js';
import { elementTypes, fillable } from '../load/map-contents.js';
import type { Type } from '../load/map-types.js';
import { told } from '../load/map-values.js';
import { readElements } from './elements.js';

/** Throws a KfaasError: of kind usage where there is no such program. */
export function captureMaps(target: CaptureTarget, limit: number): Captured {
  const libbpf = openLoaded();
  const cpu = highestCpu();
  const fd = programFd(libbpf, target);
  try {
    const { id, name, mapIds } = libbpf.programMaps(fd);
    return { program: { id, name }, cpu, maps: mapIds.flatMap((map) => mapOf(libbpf, map, cpu, limit) ?? []) };
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw notCaptured(shown(target), ` cannot be read (${error.code})`, 'name a program; `bpftool prog` lists them');
  } finally {
    closeSync(fd);
  }
}

function programFd(libbpf: Loaded, target: CaptureTarget): number {
  try {
    if ('id' in target) return libbpf.programFdById(target.id);
    if ('pinned' in target) return libbpf.pinnedFd(target.pinned);
    return programFdByName(libbpf, target.name);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    if (error.code === 'EPERM' || error.code === 'EACCES') {
      const remedy = 'run as root, or with CAP_SYS_ADMIN; `kfaas-bench doctor` tells more';
      throw new KfaasError({ kind: 'environment', message: `bpf(2) is not permitted here (${error.code})`, remedy });
    }
    throw notCaptured(
      shown(target),
      `: there is none (${error.code})`,
      'name one that is loaded; `bpftool prog` lists them',
    );
  }
}

function programFdByName(libbpf: Loaded, name: string): number {
  const found: { id: number; fd: number }[] = [];
  for (const id of libbpf.programIds()) {
    const fd = fdUnlessGone(libbpf, id);
    if (fd === undefined) continue;
    if (libbpf.programMaps(fd).name === name.slice(0, 15)) found.push({ id, fd });
    else closeSync(fd);
  }
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only.fd;
  for (const { fd } of found) closeSync(fd);
  const ids = found.map(({ id }) => String(id)).join(', ');
  throw notCaptured(
    `name \`${name}\``,
    found.length === 0
      ? ': no program that is loaded is called that'
      : `: ${String(found.length)} programs are called that`,
    found.length === 0 ? 'name one that is loaded; `bpftool prog` lists them' : `choose one by --id: ${ids}`,
  );
}

/** Programs come and go while they are looked through. */
function fdUnlessGone(libbpf: Loaded, id: number): number | undefined {
  try {
    return libbpf.programFdById(id);
  } catch (error) {
    if (error instanceof Errno && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function shown(target: CaptureTarget): string {
  return Object.entries(target)
    .map(([key, value]) => `${key} \`${String(value)}\``)
    .join('');
}

function notCaptured(what: string, problem: string, remedy: string): KfaasError {
  return new KfaasError({ kind: 'usage', message: `${what}${problem}`, remedy });
}

/** Undefined for the object's own constants and globals. */
function mapOf(libbpf: Loaded, id: number, cpu: number, limit: number): Captured['maps'][number] | undefined {
  const fd = libbpf.mapFdById(id);
  try {
    const info = libbpf.mapInfo(fd);
    if (info.name.includes('.')) return undefined;
    const map = { map: info.name, type: libbpf.mapTypeName(info.type) };
    if (fillable[info.type] === undefined) {
      return { ...map, elements: [], notes: [`a map of type ${map.type} cannot be given elements`] };
    }
    const types = elementTypes(libbpf, info);
    const elements = readElements(libbpf, { fd, info }, cpu, limit + 1);
    const isCut = elements.length > limit;
    return {
      ...map,
      elements: elements
        .slice(0, limit)
        .map(({ key, value }) => ({ key: datumOf(types.key, key), value: datumOf(types.value, value) })),
      notes: isCut ? [`only the first ${String(limit)} elements: it holds more (--limit)`] : [],
    };
  } finally {
    closeSync(fd);
  }
}

/** By its type, where that could not be read as hex digits. */
function datumOf(type: Type, bytes: Buffer): MapDatum {
  const typed = told(type, bytes);
  const looksLikeBytes = typeof typed === 'string' && /^([0-9a-f]{2})*$/i.test(typed);
  return typed === undefined || looksLikeBytes ? { hex: bytes.toString('hex') } : { typed };
}

/** What a run here would be pinned to. */
function highestCpu(): number {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return Number(/\d+$/.exec(list)?.[0] ?? 0);
}
