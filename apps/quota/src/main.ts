import 'reflect-metadata';
import { runService } from '@kontor/kit/run-service';
import { parseQuotaConfig } from './config.ts';
import { quotaService } from './quota.module.ts';

await runService(parseQuotaConfig, ({ quota }) => quotaService(quota));
