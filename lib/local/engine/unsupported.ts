import type { Resource } from './assembly.ts';

/** One thing of the templates that the local run does not do as AWS does. */
export interface UnsupportedFeature {
  /** `<stack>.<logicalId> Type.Property`. */
  readonly where: string;
  readonly why: string;
}

/** Collects findings while the resources are read, so that all of them are told at once. */
export class UnsupportedFeatures {
  readonly #list: UnsupportedFeature[] = [];

  /** @param property path below the resource's properties; empty for the resource as a whole. */
  add(resource: Resource, property: string, why: string): void {
    const name = property === '' ? resource.type : `${resource.type}.${property}`;
    this.#list.push({ where: `${resource.id} ${name}`, why });
  }

  /** @throws {UnsupportedError} when anything was found. */
  throwIfAny(): void {
    if (this.#list.length > 0) throw new UnsupportedError(this.#list);
  }
}

/** The templates ask for something on the request path that the local run does not emulate. */
export class UnsupportedError extends Error {
  override readonly name = 'UnsupportedError';
  readonly findings: readonly UnsupportedFeature[];

  constructor(findings: readonly UnsupportedFeature[]) {
    super(
      [
        'The local run does not emulate what these resources ask for:',
        ...findings.map(({ where, why }) => `  ${where}: ${why}`),
      ].join('\n'),
    );
    this.findings = findings;
  }
}
