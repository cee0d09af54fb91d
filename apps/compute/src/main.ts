import 'reflect-metadata';
import { EngineService } from '@kontor/contracts/engine/v1/engine';
import { ProgrammeService } from '@kontor/contracts/quota/v1/programme';
import { TenancyService } from '@kontor/contracts/tenancy/v1/tenancy';
import { QuotaService } from '@kontor/contracts/quota/v1/quota';
import { parseConfig } from '@kontor/kit/config';
import { connect } from '@kontor/kit/connect';
import { inProcess } from '@kontor/kit/in-process';
import { runService } from '@kontor/kit/run-service';
import { readTls } from '@kontor/kit/tls';
import { computeService } from './compute.module.ts';
import { computeEnvironment, engineOptions } from './config.ts';
import { LocalEngine } from './engines/local/local-engine.ts';

await runService(
  () => parseConfig(computeEnvironment),
  (config) =>
    computeService(config, {
      engine: inProcess(EngineService, new LocalEngine(engineOptions(config))),
      quota: connect(QuotaService, config.KONTOR_QUOTA, readTls(config.KONTOR_TLS, 'compute')),
      programmes: connect(ProgrammeService, config.KONTOR_QUOTA, readTls(config.KONTOR_TLS, 'compute')),
      tenancy: connect(TenancyService, config.KONTOR_TENANCY, readTls(config.KONTOR_TLS, 'compute')),
    }),
);
