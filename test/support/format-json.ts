const width = 110;

/**
 * JSON for reviewers: whatever fits on a line stands on one line, so that a template's parameter mapping is a line and
 * a diff shows whole entries.
 */
export function format(value: unknown, indent = ''): string {
  const flat = JSON.stringify(value);
  if (typeof value !== 'object' || value === null || indent.length + flat.length <= width) return flat;
  const inner = `${indent}  `;
  const lines = Array.isArray(value)
    ? value.map((item) => `${inner}${format(item, inner)}`)
    : Object.entries(value).map(([key, item]) => `${inner}${JSON.stringify(key)}: ${format(item, inner)}`);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  const text = `${open}\n${lines.join(',\n')}\n${indent}${close}`;
  return indent === '' ? `${text}\n` : text;
}
