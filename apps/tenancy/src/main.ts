import 'reflect-metadata';
import { runService } from '@kontor/kit/run-service';
import { parseTenancyConfig } from './config.ts';
import { tenancyService } from './tenancy.module.ts';

await runService(parseTenancyConfig, tenancyService);
