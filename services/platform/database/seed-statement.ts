import { escapeLiteral } from 'pg';

/**
 * A statement that inserts the first rows of a table. As part of the migrations, it runs once.
 *
 * @param columns types by column name. Names and types are inserted into the statement unquoted.
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
