import { ComputeService, ReadJobLogRequestSchema, type ReadJobLogRequest } from '@kontor/contracts/compute/v1/compute';
import { ReadLogRequest_Stream as Stream, type OutputFile } from '@kontor/contracts/engine/v1/engine';
import type { ProjectRef } from '@kontor/contracts/resource/v1/resource';
import { Problem } from '@kontor/kit/problem';
import { Controller, Get, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { MessageQuery } from './parameters.ts';
import { InProject, JobId, LogStream, OutputPath } from './path-parameters.ts';
import { RpcStream } from './rpc.ts';
import { Services } from './services.ts';
import { goneSignal, streamReply } from './stream-reply.ts';

const { readJobLog, readJobOutput } = ComputeService.method;
const { offset: from, follow: on } = ReadJobLogRequestSchema.field;

@ApiTags('Jobs')
@Controller('v1/projects/:projectId/jobs/:jobId')
export class JobStreamsController {
  constructor(private readonly services: Services) {}

  @Get('logs/:stream')
  @RpcStream(readJobLog, 'text/plain')
  async log(
    @InProject() project: ProjectRef,
    @JobId() id: string,
    @LogStream() stream: Stream,
    @MessageQuery(ReadJobLogRequestSchema, [from, on]) { offset, follow }: ReadJobLogRequest,
    @Res() response: Response,
  ) {
    const signal = goneSignal(response);
    const pieces = this.services.compute.readJobLog({ project, id, stream, offset, follow }, { signal });
    await streamReply(response, { 'Content-Type': 'text/plain; charset=utf-8' }, pieces);
  }

  @Get('outputs/*path')
  @RpcStream(readJobOutput, 'application/octet-stream')
  async output(
    @InProject() project: ProjectRef,
    @JobId() id: string,
    @OutputPath() path: string,
    @Res() response: Response,
  ) {
    const job = await this.services.compute.getJob({ project, id });
    const headers = headersOf(
      job.outputs.find((output) => output.path === path),
      path,
    );
    const pieces = this.services.compute.readJobOutput({ project, id, path }, { signal: goneSignal(response) });
    await streamReply(response, headers, pieces);
  }
}

function headersOf(output: OutputFile | undefined, path: string) {
  if (output === undefined) throw Problem.notFound('output', path);
  return {
    'Content-Type': 'application/octet-stream',
    'Content-Length': String(output.sizeBytes),
    'Content-Disposition': 'attachment',
    ETag: `"${output.sha256}"`,
  };
}
