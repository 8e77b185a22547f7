/** Indexes of the items of a longest common subsequence of two lists, in both. What is undefined equals nothing. */
export function commonPairs(
  from: readonly (string | undefined)[],
  to: readonly (string | undefined)[],
): [from: number, to: number][] {
  const equal = (row: number, column: number) => from[row] !== undefined && from[row] === to[column];
  const size = to.length + 1;
  const lengths = new Uint32Array((from.length + 1) * size);
  const lengthAt = (row: number, column: number) => lengths[row * size + column] ?? 0;
  for (let row = from.length - 1; row >= 0; row -= 1) {
    for (let column = to.length - 1; column >= 0; column -= 1) {
      lengths[row * size + column] = equal(row, column)
        ? lengthAt(row + 1, column + 1) + 1
        : Math.max(lengthAt(row + 1, column), lengthAt(row, column + 1));
    }
  }
  const pairs: [from: number, to: number][] = [];
  let [row, column] = [0, 0];
  while (row < from.length && column < to.length) {
    if (equal(row, column)) {
      pairs.push([row, column]);
      row += 1;
      column += 1;
    } else if (lengthAt(row + 1, column) >= lengthAt(row, column + 1)) row += 1;
    else column += 1;
  }
  return pairs;
}
