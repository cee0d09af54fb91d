import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { FindPersonsRequest, FindPersonsResponseSchema, PersonSchema } from '@kontor/contracts/tenancy/v1/tenancy';
import { Problem } from '@kontor/kit/problem';
import { inScope } from '@kontor/kit/tenant-scope';
import type { Ports } from './ports.ts';
import { PersonRow } from './tables.ts';

const FOUND_MAX = 100;

/** As the index has it. Addresses are compared as in invitations; see email-key.ts. */
const EMAIL_IS = 'lower(normalize(btrim(person.email))) = lower(normalize(btrim(:email)))';

/**
 * Persons by what is known of them from elsewhere, so that they can be erased wherever they belong.
 *
 * @throws Problem nobody_described
 */
export async function findPersons(
  { db }: Ports,
  { email, reference, issuer, subject }: FindPersonsRequest,
): Promise<MessageInitShape<typeof FindPersonsResponseSchema>> {
  if (!email && !reference && !(issuer && subject)) throw nobodyDescribed();
  const persons = await inScope(db, 'all', (tx) => {
    const query = tx
      .createQueryBuilder(PersonRow, 'person')
      .where({ ...(reference && { reference }), ...(issuer && { issuer }), ...(subject && { subject }) })
      .orderBy('person.firstSeenAt')
      .addOrderBy('person.id')
      .limit(FOUND_MAX);
    if (email) query.andWhere(EMAIL_IS, { email });
    return query.getMany();
  });
  return { persons: persons.map(toPerson) };
}

const nobodyDescribed = (): Problem =>
  Problem.invalid(
    'nobody_described',
    'The request does not say whom to find.',
    'Give an e-mail address, a reference, or an issuer and a subject.',
  );

const toPerson = ({ isEmailVerified, firstSeenAt, ...person }: PersonRow): MessageInitShape<typeof PersonSchema> => ({
  id: person.id,
  reference: person.reference,
  issuer: person.issuer,
  subject: person.subject,
  name: person.name,
  email: person.email,
  emailVerified: isEmailVerified,
  knownSince: timestampFromDate(firstSeenAt),
});
