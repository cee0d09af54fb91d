import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who asks to be erased gives an address: it is found however it is written and however many people there are. */
export class PersonsByEmail1763769600005 implements MigrationInterface {
  readonly name = 'PersonsByEmail1763769600005';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX person_by_email ON person (lower(normalize(btrim(email))))');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX person_by_email');
  }
}
