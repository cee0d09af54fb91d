import { writeFileSync } from 'node:fs';
import { describeApi } from './api-description.ts';

/** `nx run @kontor/gateway:openapi` refreshes the committed document, in which reviewers see what changed. */
writeFileSync('openapi.json', await describeApi());
