import type {
  BudgetService,
  ExportFocusRequest,
  GetBudgetRequest,
  GetReportRequest,
  GetStatementRequest,
} from '@kontor/contracts/quota/v1/budget';
import type { Serves } from '@kontor/kit/grpc';
import { Injectable } from '@nestjs/common';
import { Budgets } from './budgets.ts';
import { FocusExport } from './focus-export.ts';
import { Reports } from './reports.ts';
import { Statements } from './statements.ts';

/** The contract, method by method, and who answers. */
@Injectable()
export class BudgetController implements Serves<typeof BudgetService> {
  constructor(
    private readonly budgets: Budgets,
    private readonly statements: Statements,
    private readonly reports: Reports,
    private readonly focus: FocusExport,
  ) {}

  getBudget(request: GetBudgetRequest) {
    return this.budgets.get(request);
  }

  async getStatement(request: GetStatementRequest) {
    return this.statements.get(request);
  }

  async getReport(request: GetReportRequest) {
    return this.reports.get(request);
  }

  exportFocus(request: ExportFocusRequest) {
    return this.focus.read(request);
  }
}
