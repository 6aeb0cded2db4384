/** What runs a statement: a pg client, a pg pool, or an adapter around a knex transaction. */
export interface Queryable {
  query<Row extends object>(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ rows: Row[]; rowCount: number | null }>;
}
