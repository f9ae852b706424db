import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = new URL('../../../', import.meta.url).pathname;
const image = `docker://ghcr.io/kiinitix/kfaas-bench@sha256:${'0123456789abcdef'.repeat(4)}`;

describe('name-image.sh', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'name-image-'));
    for (const file of ['action.yml', 'scripts/name-image.sh']) cpSync(path.join(root, file), path.join(folder, file));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const nameImage = (argument: string) => spawnSync(path.join(folder, 'scripts/name-image.sh'), [argument]).status;
  const action = () => parse(readFileSync(path.join(folder, 'action.yml'), 'utf8')) as { runs: object };

  it('changes the image and nothing else', () => {
    const before = action();
    expect(nameImage(image)).toBe(0);
    expect(action()).toEqual({ ...before, runs: { using: 'docker', image } });
  });

  it.each(['docker://ghcr.io/kiinitix/kfaas-bench:v1', 'Dockerfile', `${image}0`])('refuses %s', (name) => {
    const before = action();
    expect(nameImage(name)).toBe(2);
    expect(action()).toEqual(before);
  });

  it('refuses to name an image twice', () => {
    expect(nameImage(image)).toBe(0);
    expect(nameImage(image)).toBe(2);
  });
});
