import pg from 'pg';

/** Of the two roles of a service that sign in. Random, kept by the caller. */
export interface Passwords {
  owner: string;
  app: string;
}

export interface DatabaseUrls {
  /** As the role that owns the tables: for migrations alone. */
  ownerUrl: string;
  /** As the role that the service works with: it owns nothing and is under row-level security. */
  url: string;
}

/** Any number, the same everywhere: one at a time makes roles and databases in a cluster. */
const LOCK = 7_832_001;

/** What a service does under a role of its own, which some of its connections take on. Migrations say what it may. */
const TAKEN_ON: Record<string, string[]> = { quota: ['ledger'] };

/** Nobody signs in as a role of `takenOn`: the app role may become one of them, and has no right of theirs before. */
export const roleNames = (service: string) => ({
  owner: `kontor_${service}_owner`,
  app: `kontor_${service}`,
  takenOn: (TAKEN_ON[service] ?? []).map((name) => `kontor_${service}_${name}`),
});

/**
 * Makes the roles and the database of a service unless they exist, and sets the roles' passwords. `database` is
 * `kontor_<service>` when absent. Safe to run at any time, also by several at once.
 */
export async function ensureDatabase(options: {
  adminUrl: string;
  service: string;
  passwords: Passwords;
  database?: string;
}): Promise<DatabaseUrls> {
  const { adminUrl, service, passwords, database = `kontor_${service}` } = options;
  const roles = roleNames(service);
  await asAdmin(adminUrl, async (admin) => {
    await admin.query('SELECT pg_advisory_lock($1)', [LOCK]);
    await ensureRole(admin, roles.owner, passwords.owner);
    await ensureRole(admin, roles.app, passwords.app);
    for (const role of roles.takenOn) await ensureTakenOn(admin, role, roles.app);
    const { rowCount } = await admin.query('SELECT FROM pg_database WHERE datname = $1', [database]);
    if (!rowCount) await admin.query(`CREATE DATABASE "${database}" OWNER "${roles.owner}" TEMPLATE template0`);
    await admin.query(closeDatabase(database, roles.app));
    await admin.query('REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC');
    await asAdmin(withDatabase(adminUrl, database), (inside) =>
      inside.query(closeSchema([roles.app, ...roles.takenOn])),
    );
  });
  return databaseUrls(adminUrl, service, passwords, database);
}

/** How the two roles of a service that sign in connect to `database` of the cluster that `adminUrl` names. */
export function databaseUrls(adminUrl: string, service: string, passwords: Passwords, database: string): DatabaseUrls {
  const { host } = new URL(adminUrl);
  const { owner, app } = roleNames(service);
  return {
    ownerUrl: `postgres://${owner}:${passwords.owner}@${host}/${database}`,
    url: `postgres://${app}:${passwords.app}@${host}/${database}`,
  };
}

/** SQL that lets only the app role (and the owner) into a database. */
export const closeDatabase = (database: string, app: string) =>
  `REVOKE ALL ON DATABASE "${database}" FROM PUBLIC; GRANT CONNECT ON DATABASE "${database}" TO "${app}"`;

const closeSchema = (roles: string[]) =>
  `REVOKE ALL ON SCHEMA public FROM PUBLIC;
   GRANT USAGE ON SCHEMA public TO ${roles.map((role) => `"${role}"`).join(', ')}`;

async function ensureRole(admin: pg.Client, role: string, password: string): Promise<void> {
  await makeRole(admin, role, `LOGIN PASSWORD ${admin.escapeLiteral(password)}`);
}

/** Without INHERIT the app role has the rights of the other only on connections that became it. */
async function ensureTakenOn(admin: pg.Client, role: string, app: string): Promise<void> {
  await makeRole(admin, role, 'NOLOGIN');
  await admin.query(`GRANT "${role}" TO "${app}" WITH ADMIN FALSE, INHERIT FALSE, SET TRUE`);
}

async function makeRole(admin: pg.Client, role: string, login: string): Promise<void> {
  const { rowCount } = await admin.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
  await admin.query(`${rowCount ? 'ALTER' : 'CREATE'} ROLE "${role}" NOSUPERUSER NOCREATEDB NOCREATEROLE
    NOREPLICATION NOBYPASSRLS ${login}`);
}

/** Runs `work` on one connection, which is closed afterwards with whatever lock it holds. */
export async function asAdmin<T>(url: string, work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The same server and role, another database. */
export function withDatabase(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}
