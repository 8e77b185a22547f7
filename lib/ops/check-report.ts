/** How a check ended. `inconclusive`: what it needs is missing, and the detail says what. */
export type CheckOutcome = 'pass' | 'fail' | 'inconclusive';

export interface CheckResult {
  /** In kebab case, as documents name it. */
  readonly name: string;
  readonly outcome: CheckOutcome;
  /** What was found. */
  readonly detail: string;
  /** What to do about a failure. */
  readonly remedy?: string;
}

const columns = 80;
const labels: Readonly<Record<CheckOutcome, string>> = {
  pass: 'pass',
  fail: 'FAIL',
  inconclusive: 'cannot tell',
};
const indent = ' '.repeat(13);

/** The results as text of 80 columns, with their count at the end. */
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

/** 1 where a check failed, or where nothing could be told at all. */
export function checksExitCode(results: readonly CheckResult[]): 0 | 1 {
  const hasFailed = results.some(({ outcome }) => outcome === 'fail');
  return hasFailed || !results.some(({ outcome }) => outcome === 'pass') ? 1 : 0;
}

/** Lines of words that fit beside the label; a longer word is cut. */
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
