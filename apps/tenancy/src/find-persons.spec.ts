import { describe, expect, it } from '@jest/globals';
import { idOf, referenceOf, university } from '../testing/story.ts';
import { codeOf, ISSUER, tenancyUnderTest } from '../testing/tenancy-under-test.ts';

describe('a person who belongs nowhere', () => {
  it('is found by address, by reference and by identity, with what is known of them, and can be erased', async () => {
    await using tenancy = await tenancyUnderTest();
    const { staff } = tenancy;
    const { eve } = await university(tenancy);
    const [id, reference] = [await idOf(tenancy, eve), await referenceOf(tenancy, eve)];
    const identity = { issuer: ISSUER, subject: 'subject-of-eve' };
    const whole = { id, reference, ...identity, name: 'eve', email: 'eve@example.org', emailVerified: true };
    for (const asked of [{ email: ' Eve@EXAMPLE.org ' }, { reference }, identity, { ...identity, reference }]) {
      expect((await staff.findPersons(asked)).persons).toEqual([expect.objectContaining(whole)]);
    }
    await staff.erasePerson({ personId: id, reason: 'asked for it' });
    for (const asked of [{ email: 'eve@example.org' }, { reference }, identity]) {
      expect((await staff.findPersons(asked)).persons).toEqual([]);
    }
  });

  it('is told from another one with the same address', async () => {
    await using tenancy = await tenancyUnderTest();
    for (const name of ['one', 'two']) {
      await idOf(tenancy, tenancy.person(name, { email: 'shared@example.org' }));
      tenancy.clock.advance(1);
    }
    const { persons } = await tenancy.staff.findPersons({ email: 'shared@example.org' });
    expect(persons.map(({ name }) => name)).toEqual(['one', 'two']);
    const both = { email: 'shared@example.org', issuer: ISSUER, subject: 'subject-of-two' };
    expect((await tenancy.staff.findPersons(both)).persons.map(({ name }) => name)).toEqual(['two']);
  });
});

describe('looking for persons', () => {
  it('is for staff alone', async () => {
    await using tenancy = await tenancyUnderTest();
    const { ada, otto } = await university(tenancy);
    for (const actor of [ada, otto, tenancy.auditor]) {
      expect(await codeOf(actor.findPersons({ email: 'ada@example.org' }))).toBe('not_allowed');
    }
  });

  it.each([{}, { issuer: ISSUER }, { subject: 'subject-of-eve' }])('takes more than %j', async (asked) => {
    await using tenancy = await tenancyUnderTest();
    expect(await codeOf(tenancy.staff.findPersons(asked))).toBe('nobody_described');
  });

  it.each(['%', "'", "eve@example.org' OR true --"])('finds nobody whose address is %j', async (email) => {
    await using tenancy = await tenancyUnderTest();
    await university(tenancy);
    expect((await tenancy.staff.findPersons({ email })).persons).toEqual([]);
  });

  it('by what no database holds is refused', async () => {
    await using tenancy = await tenancyUnderTest();
    expect(await codeOf(tenancy.staff.findPersons({ email: '\0' }))).toBe('invalid_request');
  });
});
