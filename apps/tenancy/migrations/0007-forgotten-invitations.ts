import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * That an invitation is over because whom it was for was erased is on record from now on, and counted; what happened
 * before gets its record here.
 */
export class ForgottenInvitations1763769600007 implements MigrationInterface {
  readonly name = 'ForgottenInvitations1763769600007';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      SELECT set_config('kontor.all', 'on', true);
      INSERT INTO journal (at, actor, action, subject, tenant_id, before, after)
      SELECT forgotten_at, 'tenancy', 'invitation.forget', id::text, tenant_id,
             '{"state": "OPEN"}', '{"state": "REVOKED"}'
        FROM invitation
       WHERE forgotten_at IS NOT NULL
         AND NOT EXISTS (SELECT FROM journal j WHERE j.subject = id::text AND j.action = 'invitation.forget');
    `);
  }

  /** What is on record stays there. */
  async down(): Promise<void> {}
}
