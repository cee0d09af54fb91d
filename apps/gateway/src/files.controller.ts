import { ComputeService } from '@kontor/contracts/compute/v1/compute';
import type { ProjectRef } from '@kontor/contracts/resource/v1/resource';
import { Controller, Get, Put, Req, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { InProject, Sha256 } from './path-parameters.ts';
import { Rpc } from './rpc.ts';
import { Services } from './services.ts';
import { goneSignal } from './stream-reply.ts';
import { uploadOf } from './upload.ts';

const { uploadFile, getFile } = ComputeService.method;

@ApiTags('Files')
@Controller('v1/projects/:projectId/files')
export class FilesController {
  constructor(private readonly services: Services) {}

  @Put(':sha256')
  @ApiConsumes('application/octet-stream')
  @ApiBody({ required: true, description: "The file's bytes.", schema: { type: 'string', format: 'binary' } })
  @Rpc(uploadFile, { status: 201 })
  upload(
    @InProject() project: ProjectRef,
    @Sha256() sha256: string,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ) {
    return this.services.compute.uploadFile(uploadOf(request, { project, sha256 }), { signal: goneSignal(response) });
  }

  @Get(':sha256')
  @Rpc(getFile)
  get(@InProject() project: ProjectRef, @Sha256() sha256: string) {
    return this.services.compute.getFile({ project, sha256 });
  }
}
