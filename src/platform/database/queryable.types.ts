/** What statements run on: the pool (each in its own transaction) or one open transaction. */
export interface Queryable {
  /**
   * Runs one statement.
   *
   * @param name - what the query is called: in logs, and as the prepared statement's name where those are on
   * @param sql - with `$1`, `$2` … for the parameters
   * @returns the rows, `bigint` columns as numbers and `timestamptz` as `Date`
   * @throws an AppError of kind `unavailable` when Postgres cannot be reached or does not answer in time; anything else
   *   as Postgres sent it (see `refusing`, which turns constraint names into errors of the product)
   */
  query<Row extends object>(name: string, sql: string, params?: readonly unknown[]): Promise<Row[]>;
}
