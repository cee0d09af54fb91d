import {
  BudgetService, GetBudgetRequestSchema, GetReportRequestSchema, GetStatementRequestSchema, type GetBudgetRequest,
  type GetReportRequest, type GetStatementRequest,
} from '@kontor/contracts/quota/v1/budget';
import type { ProjectRef } from '@kontor/contracts/resource/v1/resource';
import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { MessageQuery, PagedQuery } from './parameters.ts';
import { InProject, InTenant } from './path-parameters.ts';
import { Rpc } from './rpc.ts';
import { Services } from './services.ts';

const { getBudget, getStatement, getReport } = BudgetService.method;
const { windowMs } = GetBudgetRequestSchema.field;
const { accountId, from, to } = GetStatementRequestSchema.field;
const report = GetReportRequestSchema.field;
const REPORT = [report.by, report.from, report.to];

@ApiTags('Budgets and reports')
@Controller('v1')
export class BudgetsController {
  constructor(private readonly services: Services) {}

  @Get('projects/:projectId/budget')
  @Rpc(getBudget)
  budget(
    @InProject() project: ProjectRef,
    @MessageQuery(GetBudgetRequestSchema, [windowMs]) { windowMs: window }: GetBudgetRequest,
  ) {
    return this.services.budgets.getBudget({ project, windowMs: window });
  }

  @Get('projects/:projectId/statement')
  @Rpc(getStatement)
  statement(
    @InProject() project: ProjectRef,
    @PagedQuery(GetStatementRequestSchema, [accountId, from, to]) asked: GetStatementRequest,
  ) {
    return this.services.budgets.getStatement({ ...asked, project });
  }

  @Get('reports')
  @Rpc(getReport)
  report(@PagedQuery(GetReportRequestSchema, REPORT) asked: GetReportRequest) {
    return this.services.budgets.getReport(asked);
  }

  @Get('tenants/:tenantId/reports')
  @Rpc(getReport, { as: 'GetTenantReport' })
  reportOfTenant(
    @InTenant() tenantId: string, @PagedQuery(GetReportRequestSchema, REPORT) asked: GetReportRequest,
  ) {
    return this.services.budgets.getReport({ ...asked, tenantId });
  }
}
