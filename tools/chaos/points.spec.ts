import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { POINTS } from './spine.ts';

const ROOT = join(import.meta.dirname, '..', '..');

describe('the labelled points', () => {
  it('that the suite crashes at are those that the services have', () => {
    const sources = globSync('apps/*/src/**/*.ts', { cwd: ROOT, exclude: (name) => name.endsWith('.spec.ts') });
    const labels = sources.flatMap((path) =>
      [...readFileSync(join(ROOT, path), 'utf8').matchAll(/failpoint\('([^']+)'\)/g)].map(([, label]) => label ?? ''),
    );
    expect(POINTS.toSorted()).toEqual([...new Set(labels)].toSorted());
  });
});
