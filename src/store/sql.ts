/** A statement that the server plans once for each connection. */
export interface NamedStatement {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

/** What runs a statement: a pg client, a pg pool, or an adapter around a knex transaction. */
export interface Queryable {
  query<Row extends object>(
    statement: string | NamedStatement,
    values?: readonly unknown[],
  ): Promise<{ rows: Row[]; rowCount: number | null }>;
}
