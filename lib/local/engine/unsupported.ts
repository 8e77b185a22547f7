import type { Resource } from './assembly.ts';

/** A property of the templates that the local run does not emulate. */
export interface UnsupportedFeature {
  /** `<stack>.<logicalId> Type.Property`. */
  readonly where: string;
  readonly why: string;
}

/** Collects findings while resources are read, so that one error reports all of them. */
export class UnsupportedFeatures {
  readonly #list: UnsupportedFeature[] = [];

  /** @param property the path of the property; empty for the whole resource. */
  add(resource: Resource, property: string, why: string): void {
    const name = property === '' ? resource.type : `${resource.type}.${property}`;
    this.#list.push({ where: `${resource.id} ${name}`, why });
  }

  /** @throws {UnsupportedError} when there are findings. */
  throwIfAny(): void {
    if (this.#list.length > 0) throw new UnsupportedError(this.#list);
  }
}

/** The templates use properties or resources that the local run does not emulate. */
export class UnsupportedError extends Error {
  override readonly name = 'UnsupportedError';
  readonly findings: readonly UnsupportedFeature[];

  constructor(findings: readonly UnsupportedFeature[]) {
    super(
      [
        'The local run does not emulate these resources or properties:',
        ...findings.map(({ where, why }) => `  ${where}: ${why}`),
      ].join('\n'),
    );
    this.findings = findings;
  }
}
