import { type CatalogueNames, findReferenceFaults } from '../../runtime/policy/policy-references.ts';
import { describeFaults, type PolicyFault, readRuntimePolicy } from '../../runtime/policy/runtime-policy.ts';

/** Raised to refuse a document: AppConfig reads a failed invocation as "not valid", and shows its message. */
class InvalidPolicyError extends Error {
  constructor(faults: readonly PolicyFault[]) {
    super(`The runtime policy is not valid.\n${describeFaults(faults)}`);
    this.name = 'InvalidPolicyError';
    // Lambda logs the stack, which does not help the author of the document.
    this.stack = `${this.name}: ${this.message}`;
  }
}

/**
 * Refuses a document that the authorizer would not accept, and one with names that the catalogue does not
 * have.
 *
 * @returns The handler of AppConfig's event, whose `content` is the document in base64
 * (https://docs.aws.amazon.com/appconfig/latest/userguide/appconfig-creating-configuration-and-profile-validators.html).
 */
export function createValidator(names: CatalogueNames) {
  return async (event: unknown): Promise<void> => {
    const { content } = Object(event) as { readonly content?: unknown };
    const read = readRuntimePolicy(
      Buffer.from(typeof content === 'string' ? content : '', 'base64').toString(),
    );
    const faults = read.kind === 'invalid' ? read.faults : findReferenceFaults(read.policy, names);
    if (faults.length > 0) throw new InvalidPolicyError(faults);
  };
}
