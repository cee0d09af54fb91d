import { ComputeService, NewJobSchema, type NewJob } from '@kontor/contracts/compute/v1/compute';
import { QuotaService } from '@kontor/contracts/quota/v1/quota';
import { PageRequestSchema, type PageRequest, type ProjectRef } from '@kontor/contracts/resource/v1/resource';
import { Controller, Get, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { MessageBody, MessageQuery } from './parameters.ts';
import { InProject, JobId } from './path-parameters.ts';
import { Rpc } from './rpc.ts';
import { Services } from './services.ts';

const { submitJob, explainJob, listJobs, getJob, cancelJob, listDecisions } = ComputeService.method;
const { getReservation, getChargeRecord } = QuotaService.method;

@ApiTags('Jobs')
@Controller('v1/projects/:projectId/jobs')
export class JobsController {
  constructor(private readonly services: Services) {}

  @Post()
  @Rpc(submitJob, { status: 201 })
  submit(@InProject() project: ProjectRef, @MessageBody(NewJobSchema) job: NewJob) {
    return this.services.compute.submitJob({ project, job });
  }

  @Post('explain')
  @Rpc(explainJob)
  explain(@InProject() project: ProjectRef, @MessageBody(NewJobSchema) job: NewJob) {
    return this.services.compute.explainJob({ project, job });
  }

  @Get()
  @Rpc(listJobs)
  list(@InProject() project: ProjectRef, @MessageQuery(PageRequestSchema) page: PageRequest) {
    return this.services.compute.listJobs({ project, page });
  }

  @Get(':jobId')
  @Rpc(getJob)
  get(@InProject() project: ProjectRef, @JobId() id: string) {
    return this.services.compute.getJob({ project, id });
  }

  @Post(':jobId/cancel')
  @Rpc(cancelJob)
  cancel(@InProject() project: ProjectRef, @JobId() id: string) {
    return this.services.compute.cancelJob({ project, id });
  }

  @Get(':jobId/decisions')
  @Rpc(listDecisions)
  decisions(
    @InProject() project: ProjectRef,
    @JobId() jobId: string,
    @MessageQuery(PageRequestSchema) page: PageRequest,
  ) {
    return this.services.compute.listDecisions({ project, jobId, page });
  }

  @Get(':jobId/reservation')
  @Rpc(getReservation)
  reservation(@InProject() project: ProjectRef, @JobId() id: string) {
    return this.services.quota.getReservation({ project, id });
  }

  @Get(':jobId/charge-record')
  @Rpc(getChargeRecord)
  chargeRecord(@InProject() project: ProjectRef, @JobId() reservationId: string) {
    return this.services.quota.getChargeRecord({ project, reservationId });
  }
}
