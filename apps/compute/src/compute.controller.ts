import { Injectable } from '@nestjs/common';
import type {
  CancelJobRequest,
  ComputeService,
  ExplainJobRequest,
  GetFileRequest,
  GetJobRequest,
  ListDecisionsRequest,
  ListJobsRequest,
  ReadJobLogRequest,
  ReadJobOutputRequest,
  SubmitJobRequest,
  UploadFileRequest,
} from '@kontor/contracts/compute/v1/compute';
import type { Call, Serves } from '@kontor/kit/grpc';
import { cancelJob } from './cancel-job.ts';
import { listDecisions } from './decisions.ts';
import { getFile, uploadFile } from './files.ts';
import { readJobLog, readJobOutput } from './job-output.ts';
import { getJob, listJobs } from './jobs.ts';
import { Ports } from './ports.ts';
import { Reconciler } from './reconciler.ts';
import { listSites } from './sites.ts';
import { explainJob, submitJob } from './submit-job.ts';

/** The contract's methods, each told in a file of its own. */
@Injectable()
export class ComputeController implements Serves<typeof ComputeService> {
  constructor(
    private readonly ports: Ports,
    private readonly reconciler: Reconciler,
  ) {}

  submitJob(request: SubmitJobRequest, call: Call) {
    return submitJob(this.ports, this.reconciler, request, call);
  }

  explainJob(request: ExplainJobRequest) {
    return explainJob(this.ports, request);
  }

  getJob(request: GetJobRequest) {
    return getJob(this.ports, request);
  }

  listJobs(request: ListJobsRequest) {
    return listJobs(this.ports, request);
  }

  cancelJob(request: CancelJobRequest, call: Call) {
    return cancelJob(this.ports, this.reconciler, request, call);
  }

  listDecisions(request: ListDecisionsRequest) {
    return listDecisions(this.ports, request);
  }

  uploadFile(requests: AsyncIterable<UploadFileRequest>, call: Call) {
    return uploadFile(this.ports, requests, call);
  }

  getFile(request: GetFileRequest) {
    return getFile(this.ports, request);
  }

  readJobLog(request: ReadJobLogRequest, call: Call) {
    return readJobLog(this.ports, request, call);
  }

  readJobOutput(request: ReadJobOutputRequest, call: Call) {
    return readJobOutput(this.ports, request, call);
  }

  listSites() {
    return listSites(this.ports);
  }

  async listAcceleratorClasses() {
    return { classes: this.ports.acceleratorClasses };
  }
}
