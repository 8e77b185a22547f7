import { type BareItem, parseDictionary, serializeInnerList } from 'structured-headers';

/** One signature as its two fields state it, unverified. */
export interface ParsedSignature {
  /** Names of the covered components, in order. */
  readonly components: readonly string[];
  readonly parameters: ReadonlyMap<string, BareItem>;
  /** Both in their one serialisation: the value of `@signature-params`. */
  readonly serialised: string;
  readonly bytes: Uint8Array;
}

export type ReadSignature =
  | { readonly kind: 'read'; readonly signature: ParsedSignature }
  | { readonly kind: 'none' }
  | {
      readonly kind: 'faulty';
      readonly reason: 'malformed-signature' | 'several-signatures' | 'component-parameter';
    };

const faulty = (reason: Extract<ReadSignature, { kind: 'faulty' }>['reason']): ReadSignature => ({
  kind: 'faulty',
  reason,
});

/**
 * Reads the fields `Signature-Input` and `Signature` (RFC 9421 section 4), dictionaries of RFC 9651. A call
 * carries one signature: with several, one that a proxy added could be taken for the caller's. Parameters of
 * components are refused: no field of a request needs one, and behind an HTTP API the lines of a field are
 * not known. Accepts any text and never throws.
 */
export function readSignatureFields(input: string | undefined, signature: string | undefined): ReadSignature {
  if (input === undefined && signature === undefined) return { kind: 'none' };
  try {
    const inputs = parseDictionary(input ?? '');
    const signatures = parseDictionary(signature ?? '');
    if (inputs.size > 1 || signatures.size > 1) return faulty('several-signatures');
    const [[label, list] = []] = inputs;
    const bytes = label === undefined ? undefined : signatures.get(label)?.[0];
    if (list === undefined || !(bytes instanceof ArrayBuffer)) return faulty('malformed-signature');
    const [items, parameters] = list;
    if (!Array.isArray(items)) return faulty('malformed-signature');
    if (items.some(([, ownParameters]) => ownParameters.size > 0)) return faulty('component-parameter');
    const components = items.map(([name]) => name);
    if (!components.every((name) => typeof name === 'string')) return faulty('malformed-signature');
    return {
      kind: 'read',
      signature: {
        components,
        parameters,
        serialised: serializeInnerList([items, parameters]),
        bytes: new Uint8Array(bytes),
      },
    };
  } catch {
    return faulty('malformed-signature');
  }
}
