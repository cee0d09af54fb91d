import { describe, expect, it } from '@jest/globals';
import { reportSample } from './sample-report.ts';

const metrics = { accuracy: 0.94817, held_out: 1756, seconds: 14.186 };
const charge = {
  acceleratorClass: 'cpu.x86_64',
  deviceMs: '14234',
  ucrPerDeviceHour: '50000',
  costUcr: '197',
  payers: [
    { accountId: 'a', amountUcr: '78' },
    { accountId: 'b', amountUcr: '119' },
  ],
  awardId: 'a',
  subsidyPpm: 400_000,
};

describe('the report of the sample job', () => {
  it('says what it learnt and redoes what it cost', () => {
    expect(reportSample('0190', metrics, charge)).toEqual([
      '  job     0190',
      '  learnt  reads 94.8 % of 1,756 digits it had never seen, after 14.186 s',
      '  cost    floor(14234 device-ms of cpu.x86_64 × 50000 µcr/h ÷ 3600000) = 197 µcr',
      '  paid    floor(197 × 400000 ÷ 1000000) = 78 µcr by the programme, 119 µcr by the project',
    ]);
  });

  it('of a job that cost nothing leaves nobody a payer', () => {
    const free = { acceleratorClass: 'cpu.x86_64', deviceMs: '70', ucrPerDeviceHour: '50000' };
    expect(
      reportSample('0190', metrics, free)
        .slice(-2)
        .map((line) => / = 0 µcr/.test(line)),
    ).toEqual([true, true]);
  });

  it.each([
    ['a cost that does not follow from time and rate', { ...charge, costUcr: '198' }],
    ['payers that paid less', { ...charge, payers: [{ accountId: 'a', amountUcr: '78' }] }],
    ['an award that paid another share', { ...charge, subsidyPpm: 410_000 }],
    ['payers that paid more', { ...charge, payers: [...charge.payers, { accountId: 'c', amountUcr: '1' }] }],
  ])('refuses %s', (_, wrong) => {
    expect(() => reportSample('0190', metrics, wrong)).toThrow('The charge record of the sample job is wrong');
  });
});
