import type { Identity } from '@kontor/contracts/tenancy/v1/tenancy';
import { uuid7 } from '@kontor/kit/id';
import { journal } from '@kontor/kit/journal';
import { Problem } from '@kontor/kit/problem';
import { inScope } from '@kontor/kit/tenant-scope';
import type { DataSource, EntityManager } from 'typeorm';
import { newSalt, personReference } from './person-reference.ts';
import { PersonRow } from './tables.ts';

/** What tenancy knows of somebody. */
export type KnownPerson = Pick<PersonRow, 'id' | 'reference' | 'name' | 'email' | 'isEmailVerified' | 'firstSeenAt'>;

type Told = Pick<PersonRow, 'name' | 'email' | 'isEmailVerified'>;

interface Occasion {
  actor: string;
  at: Date;
}

/**
 * The person behind an identity, who is remembered when first seen; what the identity provider says of them now is kept
 * where it is new. Writes nothing otherwise.
 *
 * @param found what was found of them, with nulls where they are new
 */
export async function rememberPerson(
  db: DataSource,
  identity: Identity,
  found: { [K in keyof KnownPerson]: KnownPerson[K] | null },
  occasion: Occasion,
): Promise<KnownPerson> {
  if (isKnown(found) && changed(found, toldBy(identity, found)).length === 0) return found;
  return inScope(db, 'all', async (tx) => {
    const { issuer, subject } = identity;
    // Of several who see somebody new at the same time, one inserts, and the others wait here and find them.
    await insertUnlessKnown(tx, identity, occasion);
    const lock = { mode: 'pessimistic_write' } as const;
    const person = await tx.findOne(PersonRow, { where: { issuer, subject }, lock });
    if (!person) throw Problem.unavailable('person_changes', 'The person is being erased just now.');
    return update(tx, person, toldBy(identity, person), occasion);
  });
}

/** What a provider does not say stays as it was: not every one of its tokens says everything. */
function toldBy({ name, email, emailVerified }: Identity, known: Told): Told {
  return {
    name: name || known.name,
    ...(email
      ? { email, isEmailVerified: emailVerified }
      : { email: known.email, isEmailVerified: known.isEmailVerified }),
  };
}

const changed = (known: Told, told: Told) =>
  (['name', 'email', 'isEmailVerified'] as const).filter((field) => known[field] !== told[field]);

/** Somebody who became known while it was looked for them is found without the instant, and looked for again. */
const isKnown = (found: { [K in keyof KnownPerson]: KnownPerson[K] | null }): found is KnownPerson =>
  found.firstSeenAt !== null;

async function insertUnlessKnown(tx: EntityManager, identity: Identity, { actor, at }: Occasion): Promise<void> {
  const { issuer, subject, name, email, emailVerified } = identity;
  const [id, salt] = [uuid7(), newSalt()];
  const reference = personReference(salt, id);
  const isEmailVerified = email !== '' && emailVerified;
  const { raw } = await tx
    .createQueryBuilder()
    .insert()
    .into(PersonRow)
    .values({ id, issuer, subject, name, email, isEmailVerified, salt, reference, firstSeenAt: at })
    .orIgnore()
    .returning('id')
    .execute();
  const isNew = (raw as object[]).length > 0;
  if (isNew) await journal(tx, [{ at, actor, action: 'person.first-seen', subject: reference }]);
}

/** The journal says what changed and not to what, because it never forgets. */
async function update(tx: EntityManager, person: PersonRow, told: Told, { actor, at }: Occasion): Promise<PersonRow> {
  const fields = changed(person, told);
  if (fields.length === 0) return person;
  await tx.update(PersonRow, { id: person.id }, told);
  await journal(tx, [{ at, actor, action: 'person.update', subject: person.reference, after: { changed: fields } }]);
  return { ...person, ...told };
}
