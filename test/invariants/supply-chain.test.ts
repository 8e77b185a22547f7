import { readdirSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bundling } from '../../lib/features/functions/bundling.ts';
import { environmentNames, type Resource, resourcesOf } from '../support/synth.ts';

// Everything that is downloaded to build, deploy or run the project is pinned by a hash of its content.
describe('an external dependency', () => {
  test('has a hash in the lock file unless it is bundled in another package', () => {
    const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
      packages: Record<string, { integrity?: string; inBundle?: boolean; resolved?: string }>;
    };
    const entries = Object.entries(packages).filter(([path]) => path !== '');
    expect(entries.length).toBeGreaterThan(100);
    const unhashed = entries.filter(
      ([, entry]) => entry.inBundle !== true && !(entry.integrity ?? '').startsWith('sha512-'),
    );
    expect(unhashed.map(([path]) => path)).toEqual([]);
    expect(entries.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
  });

  test('is pinned by commit in the workflows', () => {
    const uses = readdirSync('.github/workflows').flatMap((file) =>
      [...readFileSync(`.github/workflows/${file}`, 'utf8').matchAll(/uses: (\S+)/g)].map(
        ([, action]) => action,
      ),
    );
    expect(uses.length).toBeGreaterThan(0);
    expect(uses.filter((action) => !/@[0-9a-f]{40}$/.test(action ?? ''))).toEqual([]);
  });

  test("is pinned by digest as a base of the services' image, which downloads nothing else", () => {
    const lines = readFileSync('services/Dockerfile', 'utf8').split('\n');
    const bases = lines.filter((line) => line.startsWith('FROM '));
    expect(bases.length).toBeGreaterThan(0);
    expect(bases.filter((line) => !/@sha256:[0-9a-f]{64}( AS \w+)?$/.test(line))).toEqual([]);
    expect(lines.filter((line) => /^ADD |\b(curl|wget)\b/.test(line))).toEqual([]);
  });

  test("is copied into the services' image only if the bundler reads it", () => {
    const copied = [...readFileSync('services/Dockerfile', 'utf8').matchAll(/^COPY (lib\S+) \1$/gm)].map(
      ([, path = '']) => path,
    );
    const sent = readFileSync('services/Dockerfile.dockerignore', 'utf8').split('\n');
    const aliases = Object.values(bundling.alias)
      .filter((path) => !path.includes('node_modules'))
      .map((path) => relative(bundling.absWorkingDir, path));
    for (const path of ['lib/features/functions/bundling.ts', ...aliases]) {
      expect(copied.some((folder) => path === folder || path.startsWith(`${folder}/`))).toBe(true);
      expect(sent).toContain(`!${path}`);
    }
  });

  test.each(environmentNames)('is pinned by digest as an image of the tasks of %s', (name) => {
    const images = resourcesOf(name)
      .filter(({ resource }) => resource['Type'] === 'AWS::ECS::TaskDefinition')
      .flatMap(({ resource }) => resource['Properties'].ContainerDefinitions as Resource[])
      .map((container) => container['Image'])
      // The environment's repository is an intrinsic function. Its tags are immutable.
      .filter((image): image is string => typeof image === 'string');
    expect(images.filter((image) => !/@sha256:[0-9a-f]{64}$/.test(image))).toEqual([]);
  });

  test('runs in a container with an unprivileged user and without Linux capabilities', () => {
    const containers = resourcesOf('prod')
      .filter(({ resource }) => resource['Type'] === 'AWS::ECS::TaskDefinition')
      .flatMap(({ resource }) => resource['Properties'].ContainerDefinitions as Resource[]);
    expect(containers.length).toBeGreaterThan(10);
    const loose = containers.filter(
      (container) =>
        !/^[1-9]\d*:[1-9]\d*$/.test(container['User'] ?? '') ||
        container['LinuxParameters']?.Capabilities?.Drop?.[0] !== 'ALL' ||
        container['ReadonlyRootFilesystem'] !== true,
    );
    expect(loose.map((container) => container['Name'])).toEqual([]);
  });
});
