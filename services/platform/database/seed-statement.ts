import { escapeLiteral } from 'pg';

/**
 * A migration's statement that fills a table with its first rows: once, whatever becomes of them later.
 *
 * @param columns their types by name; names and types go into the statement as they are.
 */
export function seedStatement(
  table: string,
  columns: Readonly<Record<string, string>>,
  rows: readonly Readonly<Record<string, unknown>>[],
): string {
  const names = Object.keys(columns).join(', ');
  const types = Object.entries(columns).map((column) => column.join(' '));
  return `insert into ${table} (${names})
    select ${names} from json_to_recordset(${escapeLiteral(JSON.stringify(rows))}) as seed (${types.join(', ')})`;
}
