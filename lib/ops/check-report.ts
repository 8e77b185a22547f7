/** Outcome of a check. `inconclusive`: a precondition is missing, which the detail names. */
export type CheckOutcome = 'pass' | 'fail' | 'inconclusive';

export interface CheckResult {
  /** Kebab case, as in the documentation. */
  readonly name: string;
  readonly outcome: CheckOutcome;
  /** Observation. */
  readonly detail: string;
  /** How to correct a failure. */
  readonly remedy?: string;
}

const columns = 80;
const labels: Readonly<Record<CheckOutcome, string>> = {
  pass: 'pass',
  fail: 'FAIL',
  inconclusive: 'cannot tell',
};
const indent = ' '.repeat(13);

/** The results as text of 80 columns, with totals at the end. */
export function checksAsText(results: readonly CheckResult[]): string {
  const blocks = results.map(({ name, outcome, detail, remedy }) => {
    const found = wrapped(`${name}: ${detail}`);
    const remedies = outcome === 'fail' && remedy !== undefined ? wrapped(`Remedy: ${remedy}`) : [];
    const [first = '', ...others] = [...found, ...remedies];
    return [`${labels[outcome].padEnd(indent.length)}${first}`, ...others.map((line) => indent + line)].join(
      '\n',
    );
  });
  const count = (outcome: CheckOutcome) => results.filter((result) => result.outcome === outcome).length;
  const summary = `${count('pass')} passed, ${count('fail')} failed, ${count('inconclusive')} inconclusive.`;
  return [...blocks, '', summary].join('\n');
}

/** Paragraphs below their subjects, in 80 columns. */
export function paragraphsAsText(paragraphs: readonly (readonly [subject: string, text: string])[]): string {
  return paragraphs
    .flatMap(([subject, text]) => [subject, ...wrapped(text).map((line) => indent + line)])
    .join('\n');
}

/** 1 if a check failed or no check was conclusive, otherwise 0. */
export function checksExitCode(results: readonly CheckResult[]): 0 | 1 {
  const hasFailed = results.some(({ outcome }) => outcome === 'fail');
  return hasFailed || !results.some(({ outcome }) => outcome === 'pass') ? 1 : 0;
}

/** Wraps text to the width beside the label; cuts longer words. */
function wrapped(text: string): string[] {
  const width = columns - indent.length;
  const words = text
    .split(/\s+/)
    .flatMap((word) => word.match(new RegExp(`.{1,${width}}`, 'gu')) ?? [])
    .filter((word) => word !== '');
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] += ` ${word}`;
    else lines.push(word);
  }
  return lines;
}
