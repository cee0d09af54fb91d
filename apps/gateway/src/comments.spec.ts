import { describe, expect, it } from '@jest/globals';
import { ComputeService, Job_StateSchema, JobSchema, NewJobSchema } from '@kontor/contracts/compute/v1/compute';
import { WorkloadSchema } from '@kontor/contracts/engine/v1/engine';
import { Problem_KindSchema } from '@kontor/contracts/problem/v1/problem';
import { commentOf } from './comments.ts';

describe('comments of the contracts', () => {
  it('are found for messages, fields, nested enums, their values and methods', () => {
    expect(commentOf(JobSchema)).toBe('Work that ends.');
    expect(commentOf(NewJobSchema.field.id)).toMatch(/^UUIDv7 chosen by the caller/);
    expect(commentOf(Problem_KindSchema)).toBe('Decides the gRPC status and the HTTP status.');
    expect(commentOf(Job_StateSchema.value[1]!)).toBe('Waits for room. Holds nothing.');
    expect(commentOf(ComputeService.method.getJob)).toBe('One job.');
  });

  it('are empty where the contract says nothing', () => {
    expect(commentOf(JobSchema.field.id)).toBe('');
    expect(commentOf(WorkloadSchema.field.environment)).toBe('');
  });

  it('are sentences on one line, however they were wrapped', () => {
    for (const method of ComputeService.methods) expect(commentOf(method)).toMatch(/^\S[^\n]*[.?]$/);
  });
});
