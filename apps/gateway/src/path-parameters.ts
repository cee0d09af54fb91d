import { create, type DescField } from '@bufbuild/protobuf';
import {
  GetFileRequestSchema,
  GetJobRequestSchema,
  ReadJobOutputRequestSchema,
} from '@kontor/contracts/compute/v1/compute';
import { ReadLogRequest_Stream as Stream } from '@kontor/contracts/engine/v1/engine';
import { GetChangeRequestSchema } from '@kontor/contracts/quota/v1/change';
import {
  GetAwardRequestSchema,
  GetProgrammeRequestSchema,
  GetProposalRequestSchema,
} from '@kontor/contracts/quota/v1/programme';
import { ListTransfersRequestSchema } from '@kontor/contracts/quota/v1/quota';
import { ProjectRefSchema } from '@kontor/contracts/resource/v1/resource';
import {
  ErasePersonRequestSchema,
  RevokeInvitationRequestSchema,
  RevokeProjectTokenRequestSchema,
} from '@kontor/contracts/tenancy/v1/tenancy';
import type { Scope } from '@kontor/kit/person';
import { Problem } from '@kontor/kit/problem';
import { ApiParam } from '@nestjs/swagger';
import type { Request } from 'express';
import { callerOf } from './caller.ts';
import { commentOf } from './comments.ts';
import { described } from './parameters.ts';
import { plainSchema } from './plain-schema.ts';
import { JOURNALED, type Journaled } from './services.ts';

const inPath = (name: string, field: DescField, description = commentOf(field)) =>
  ApiParam({ name, description, schema: { ...plainSchema(field) } });

/** A part of the path: described by the field of the request that it becomes, checked by the service that gets it. */
const partOfPath = (name: string, field: DescField, description: string) => () =>
  described(({ params }) => params[name], inPath(name, field, description));

export const JobId = partOfPath('jobId', GetJobRequestSchema.field.id, 'The id that its creator chose.');
export const AccountId = partOfPath(
  'accountId',
  ListTransfersRequestSchema.field.accountId,
  'The id that the ledger derived.',
);
export const Sha256 = partOfPath(
  'sha256',
  GetFileRequestSchema.field.sha256,
  'Digest of the whole file, in lower-case hexadecimal.',
);
export const ProgrammeSlug = partOfPath('slug', GetProgrammeRequestSchema.field.slug, 'The slug of the programme.');
export const ProposalId = partOfPath(
  'proposalId',
  GetProposalRequestSchema.field.id,
  'The id that its applicant chose.',
);
export const AwardId = partOfPath('awardId', GetAwardRequestSchema.field.id, 'The id that follows from its proposal.');
export const ChangeId = partOfPath('changeId', GetChangeRequestSchema.field.id, 'The id that its proposer chose.');
export const PersonId = partOfPath(
  'personId',
  ErasePersonRequestSchema.field.personId,
  'The id that tenancy gave the person.',
);
export const InvitationId = partOfPath(
  'invitationId',
  RevokeInvitationRequestSchema.field.id,
  'The id that tenancy gave the invitation.',
);
export const TokenId = partOfPath(
  'tokenId',
  RevokeProjectTokenRequestSchema.field.id,
  'The id of the token, not its secret.',
);

/** The project in the path, and the tenant that tenancy says it is in. */
export const InProject = () =>
  described(
    (request) => {
      const { tenantId, projectId = '' } = scopeOf(request);
      return create(ProjectRefSchema, { tenantId, projectId });
    },
    inPath('projectId', ProjectRefSchema.field.projectId),
  );

/** The id of the tenant in the path. */
export const InTenant = () =>
  described((request) => scopeOf(request).tenantId, inPath('tenantId', ProjectRefSchema.field.tenantId));

function scopeOf(request: Request): Scope {
  const { scope } = callerOf(request).person;
  if (scope === undefined) throw new Error('The route asks for a scope that its path does not name.');
  return scope;
}

/** The rest of the path, slashes included: the path of a declared output. */
export const OutputPath = () =>
  described(
    ({ params }) => [params['path']].flat().join('/'),
    inPath('path', ReadJobOutputRequestSchema.field.path, 'Path of a declared output; may contain slashes.'),
  );

const STREAMS = new Map([
  ['stdout', Stream.STDOUT],
  ['stderr', Stream.STDERR],
]);

/** Which of its two streams a job printed to. */
export const LogStream = () =>
  described(
    ({ params }) => streamNamed(String(params['stream'])),
    ApiParam({
      name: 'stream',
      description: 'Where the program printed it.',
      schema: { type: 'string', enum: [...STREAMS.keys()] },
    }),
  );

function streamNamed(name: string): Stream {
  const stream = STREAMS.get(name);
  if (stream === undefined) throw Problem.notFound('log', name);
  return stream;
}

/** The service whose journal is meant. */
export const JournalOf = () =>
  described(
    ({ params }) => journaled(String(params['service'])),
    ApiParam({
      name: 'service',
      description: 'Whose journal.',
      schema: { type: 'string', enum: [...JOURNALED] },
    }),
  );

function journaled(name: string): Journaled {
  const service = JOURNALED.find((one) => one === name);
  if (service === undefined) throw Problem.notFound('journal', name);
  return service;
}
