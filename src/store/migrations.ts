import postgres1 from './sql/postgres-1.sql' with { type: 'text' }
import postgres2 from './sql/postgres-2.sql' with { type: 'text' }
import sqlite1 from './sql/sqlite-1.sql' with { type: 'text' }
import sqlite2 from './sql/sqlite-2.sql' with { type: 'text' }
import sqlite3 from './sql/sqlite-3.sql' with { type: 'text' }
import sqlite4 from './sql/sqlite-4.sql' with { type: 'text' }
import sqlite5 from './sql/sqlite-5.sql' with { type: 'text' }

/** Schema changes, oldest first; number n leads from version n − 1 to n. Forward only: what is released never changes. */
export const SQLITE_MIGRATIONS: readonly string[] = [sqlite1, sqlite2, sqlite3, sqlite4, sqlite5]
export const POSTGRES_MIGRATIONS: readonly string[] = [postgres1, postgres2]
