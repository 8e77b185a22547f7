/** A word or phrase that the project does not use, and what to write instead. */
export interface RefusedWord {
  /** Lower case; matched as whole words, also inside identifiers (`toldBy`, `STORE_DOOR`, `store-door`). */
  readonly word: string;
  readonly instead: string;
}

/**
 * Words that a reader who knows AWS and API gateways would have to guess at. Whole words only: `recommend` and
 * `constrained` are allowed.
 */
export const refusedWords: readonly RefusedWord[] = [
  { word: 'door', instead: 'public API or partner API' },
  { word: 'doors', instead: 'APIs' },
  { word: 'whom', instead: 'who, or name the actor' },
  { word: 'beneath', instead: 'dependency' },
  { word: 'told', instead: 'notified, suppressed' },
  { word: 'unwell', instead: 'degraded, unhealthy' },
  { word: 'strained', instead: 'near capacity' },
  { word: 'anew', instead: 'again' },
  { word: 'hitherto', instead: 'until now' },
  { word: 'thereby', instead: 'so' },
  { word: 'wherein', instead: 'in which' },
  { word: 'lest', instead: 'so that … not' },
  { word: 'mend', instead: 'fix' },
  { word: 'mends', instead: 'fixes' },
  { word: 'mended', instead: 'fixed' },
  { word: 'mending', instead: 'fixing' },
  { word: 'limps', instead: 'is degraded' },
  { word: 'dwell', instead: 'stay' },
  { word: 'teller', instead: 'notifier' },
  { word: 'house', instead: 'default, shared' },
  { word: 'is no', instead: 'is not a valid …, does not exist' },
  { word: "nobody's", instead: 'anonymous, unowned' },
  { word: 'of its own', instead: 'separate, dedicated, its' },
  { word: 'in hand', instead: 'in progress, held' },
  { word: 'by entry', instead: 'by name, for each entry' },
  { word: 'for want of', instead: 'because … is missing' },
  { word: 'comes to its end', instead: 'nears capacity, ends' },
  { word: 'too bad', instead: 'say what to do' },
  { word: 'now and then', instead: 'periodically' },
  { word: 'in whose name', instead: 'role, identity' },
  { word: 'neighbours', instead: 'downstreams' },
  { word: 'surroundings', instead: 'dependencies' },
  { word: 'aught', instead: 'anything' },
  { word: 'nought', instead: 'nothing' },
  { word: 'thereof', instead: 'of it' },
  { word: 'whereof', instead: 'of which' },
  { word: 'therein', instead: 'in it' },
  { word: 'whither', instead: 'where' },
  { word: 'hence', instead: 'so' },
];

/** A true use of a refused word. */
export interface AllowedUse {
  readonly word: string;
  /** A path, or the beginning of one that ends with `/`. */
  readonly file: string;
  readonly reason: string;
}

export const allowedUses: readonly AllowedUse[] = [];
