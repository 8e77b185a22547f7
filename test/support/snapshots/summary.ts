/** Resources of an environment: their types, by stack. */
export type ResourceTypes = ReadonlyMap<string, readonly string[]>;

const heading = `# Template snapshots: summary

Resources of each environment by type and by stack. A pull request that changes a template shows here first what it adds and
removes. [docs/operations.md](../../docs/operations.md#template-snapshots) says how to read and update the files.
`;

/** Markdown tables of how many resources each environment has. */
export function summaryOf(environments: ReadonlyMap<string, ResourceTypes>): string {
  const types = [...environments.values()].map((stacks) => [...stacks.values()].flat());
  const stacks = [...environments.values()].map((ofStack) =>
    [...ofStack].flatMap(([stack, found]) => found.map(() => stack)),
  );
  const names = [...environments.keys()];
  return [heading, table('Type', names, types), table('Stack', names, stacks)].join('\n');
}

function table(
  title: string,
  environments: readonly string[],
  words: readonly (readonly string[])[],
): string {
  const rows = [...new Set(words.flat())]
    .sort()
    .map((word) => [word, ...words.map((all) => count(all, word))]);
  const total = ['total', ...words.map(({ length }) => String(length))];
  const right = environments.map(() => '--:');
  return [[title, ...environments], ['---', ...right], ...rows, total]
    .map((cells) => `| ${cells.join(' | ')} |\n`)
    .join('');
}

const count = (all: readonly string[], word: string) =>
  String(all.filter((other) => other === word).length || '');
