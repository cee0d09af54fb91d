import { createHash } from 'node:crypto';
import { endOf, type AwardFacts } from './award-facts.ts';

/** An award in words: always the same to the byte as long as the award is the same. Pure. */
export function awardLetter(facts: AwardFacts): { awardId: string; text: string; sha256: string } {
  const { award, account, programme } = facts;
  const limits = award.limits.map(
    ({ acceleratorClass, deviceMs, slots }) =>
      `  ${acceleratorClass}: ${deviceMs} device-milliseconds, ${slots} at the same time`,
  );
  const by = award.decidedBy.length > 0 ? award.decidedBy.join(' and ') : `the rule ${award.rule}`;
  const text = `${[
    `Award ${award.id}`,
    '',
    `Programme: ${award.programmeName} (${programme.slug})`,
    `Proposal:  ${award.proposalId}`,
    `Tenant:    ${award.tenantId}`,
    `Project:   ${award.projectId}`,
    `Applicant: ${award.applicant}`,
    '',
    `Granted:   ${award.grantedUcr} µcr (${account.asset})`,
    `Share:     ${account.subsidyPpm} of 1000000 of the cost of each job that names this award, rounded down`,
    `From:      ${award.grantedAt.toISOString()}`,
    `Until:     ${endOf(facts).toISOString()}`,
    ...(limits.length > 0 ? ['Limits:', ...limits] : []),
    '',
    `Decided by ${by}: ${award.reasons}`,
    '',
    'What is left when the award ends returns to the programme.',
  ].join('\n')}\n`;
  return { awardId: award.id, text, sha256: createHash('sha256').update(text).digest('hex') };
}
