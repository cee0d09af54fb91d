import {
  BudgetService,
  ExportFocusRequestSchema,
  GetBudgetRequestSchema,
  GetReportRequestSchema,
  GetStatementRequestSchema,
  type ExportFocusRequest,
  type GetBudgetRequest,
  type GetReportRequest,
  type GetStatementRequest,
} from '@kontor/contracts/quota/v1/budget';
import type { ProjectRef } from '@kontor/contracts/resource/v1/resource';
import { Controller, Get, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { MessageQuery, PagedQuery } from './parameters.ts';
import { InProject, InTenant } from './path-parameters.ts';
import { Rpc, RpcStream } from './rpc.ts';
import { Services } from './services.ts';
import { goneSignal, streamReply } from './stream-reply.ts';

const { getBudget, getStatement, getReport, exportFocus } = BudgetService.method;
const FOCUS = ExportFocusRequestSchema.fields.filter(({ localName }) => localName !== 'tenantId');
const { windowMs } = GetBudgetRequestSchema.field;
const { accountId, from, to } = GetStatementRequestSchema.field;
const report = GetReportRequestSchema.field;
const REPORT = [report.by, report.from, report.to];
/** A report may read years of charges: it gets most of the time that a request has. */
const PATIENT = { timeoutMs: 25_000 };

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
    return this.services.budgets.getReport(asked, PATIENT);
  }

  @Get('tenants/:tenantId/reports')
  @Rpc(getReport, { as: 'GetTenantReport' })
  reportOfTenant(@InTenant() tenantId: string, @PagedQuery(GetReportRequestSchema, REPORT) asked: GetReportRequest) {
    return this.services.budgets.getReport({ ...asked, tenantId }, PATIENT);
  }

  @Get('focus.csv')
  @RpcStream(exportFocus, 'text/csv')
  async focus(@MessageQuery(ExportFocusRequestSchema, FOCUS) asked: ExportFocusRequest, @Res() response: Response) {
    await streamReply(response, CSV, this.services.budgets.exportFocus(asked, { signal: goneSignal(response) }));
  }

  @Get('tenants/:tenantId/focus.csv')
  @RpcStream(exportFocus, 'text/csv', { as: 'ExportTenantFocus' })
  async focusOfTenant(
    @InTenant() tenantId: string,
    @MessageQuery(ExportFocusRequestSchema, FOCUS) asked: ExportFocusRequest,
    @Res() response: Response,
  ) {
    const pieces = this.services.budgets.exportFocus({ ...asked, tenantId }, { signal: goneSignal(response) });
    await streamReply(response, CSV, pieces);
  }
}

const CSV = { 'Content-Type': 'text/csv; charset=utf-8', 'Content-Disposition': 'attachment; filename="focus.csv"' };
