import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { type Dialect, SqliteDialect } from 'kysely'

const MOST_STATEMENTS = 200

/** Kysely's SQLite dialect over `node:sqlite`. The only file that names Node's class, which is being renamed upstream. */
export function sqliteDialect(database: DatabaseSync): Dialect {
  const statements = new Map<string, StatementSync>()
  const prepare = (sql: string): StatementSync => {
    const known = statements.get(sql)
    if (known !== undefined) return known
    const statement = database.prepare(sql)
    if (statements.size >= MOST_STATEMENTS) statements.delete(statements.keys().next().value!)
    statements.set(sql, statement)
    return statement
  }
  return new SqliteDialect({
    database: {
      close: () => database.close(),
      prepare: (sql) => {
        // A deferred transaction that reads before it writes can lose the race for the lock; an immediate one waits for it.
        const statement = prepare(sql === 'begin' ? 'begin immediate' : sql)
        return {
          reader: statement.columns().length > 0,
          all: (parameters) => statement.all(...(parameters as never[])),
          run: (parameters) => statement.run(...(parameters as never[])),
          iterate: (parameters) => statement.iterate(...(parameters as never[])) as IterableIterator<unknown>,
        }
      },
    },
  })
}

/** Opens the file and sets what this program relies on. `timeoutMs`: how long to wait for another process's lock. */
export function openSqlite(path: string | URL, { timeoutMs = 10_000, readOnly = false } = {}): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: timeoutMs, readOnly, enableForeignKeyConstraints: true })
  if (!readOnly) database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma wal_autocheckpoint = 1000')
  return database
}
