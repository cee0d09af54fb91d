import type { DescField } from '@bufbuild/protobuf';
import {
  GetFileRequestSchema, GetJobRequestSchema, ReadJobOutputRequestSchema,
} from '@kontor/contracts/compute/v1/compute';
import { ReadLogRequest_Stream as Stream } from '@kontor/contracts/engine/v1/engine';
import { ListTransfersRequestSchema } from '@kontor/contracts/quota/v1/quota';
import { ProjectRefSchema } from '@kontor/contracts/resource/v1/resource';
import { Problem } from '@kontor/kit/problem';
import { ApiParam } from '@nestjs/swagger';
import { callerOf } from './caller.ts';
import { commentOf } from './comments.ts';
import { described } from './parameters.ts';
import { plainSchema } from './plain-schema.ts';

// A part of a path is described by the field of the request that it becomes, and checked by the service that gets it.

const inPath = (name: string, field: DescField, description = commentOf(field)) =>
  ApiParam({ name, description, schema: { ...plainSchema(field) } });

export const JobId = () => described(({ params }) => params['jobId'],
  inPath('jobId', GetJobRequestSchema.field.id, 'The id that its creator chose.'));

export const AccountId = () => described(({ params }) => params['accountId'],
  inPath('accountId', ListTransfersRequestSchema.field.accountId, 'The id that the ledger derived.'));

export const Sha256 = () => described(({ params }) => params['sha256'],
  inPath('sha256', GetFileRequestSchema.field.sha256, 'Digest of the whole file, in lower-case hexadecimal.'));

/** The project in the path, in the caller's tenant. */
export const InProject = () => described(
  (request) => ({ tenantId: callerOf(request).tenantId, projectId: String(request.params['projectId']) }),
  inPath('projectId', ProjectRefSchema.field.projectId));

/** The rest of the path, slashes included: the path of a declared output. */
export const OutputPath = () => described(({ params }) => [params['path']].flat().join('/'),
  inPath('path', ReadJobOutputRequestSchema.field.path, 'Path of a declared output; may contain slashes.'));

const STREAMS = new Map([['stdout', Stream.STDOUT], ['stderr', Stream.STDERR]]);

/** Which of its two streams a job printed to. */
export const LogStream = () => described(({ params }) => streamNamed(String(params['stream'])), ApiParam({
  name: 'stream', description: 'Where the program printed it.', schema: { type: 'string', enum: [...STREAMS.keys()] },
}));

function streamNamed(name: string): Stream {
  const stream = STREAMS.get(name);
  if (stream === undefined) throw Problem.notFound('log', name);
  return stream;
}
