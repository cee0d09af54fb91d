import { deleteRunFolder } from './run-folder.ts';

/** Jest `globalTeardown` for `postgres-setup`. */
export default async function teardown(): Promise<void> {
  if (process.env.KONTOR_TEST_FOLDER) await deleteRunFolder(process.env.KONTOR_TEST_FOLDER);
}
