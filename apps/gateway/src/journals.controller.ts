import {
  JournalService,
  ListJournalRequestSchema,
  VerifyJournalRequestSchema,
  type ListJournalRequest,
  type VerifyJournalRequest,
} from '@kontor/contracts/journal/v1/journal';
import { Controller, Get, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { MessageBody, PagedQuery } from './parameters.ts';
import { JournalOf } from './path-parameters.ts';
import { Rpc } from './rpc.ts';
import { Services, type Journaled } from './services.ts';

const { listJournal, getJournalHead, verifyJournal } = JournalService.method;
const FILTERS = ListJournalRequestSchema.fields.filter(({ localName }) => localName !== 'page');

/** A count reads whole tables: about a second and a half for a million mutations. */
const VERIFY_MS = 25_000;

/** The journal of each service: who did what, and whether the record of it is whole. */
@ApiTags('Journals')
@Controller('v1/journals/:service')
export class JournalsController {
  constructor(private readonly services: Services) {}

  @Get()
  @Rpc(listJournal)
  list(@JournalOf() service: Journaled, @PagedQuery(ListJournalRequestSchema, FILTERS) asked: ListJournalRequest) {
    return this.services.journals[service].listJournal(asked);
  }

  @Get('head')
  @Rpc(getJournalHead)
  head(@JournalOf() service: Journaled) {
    return this.services.journals[service].getJournalHead({});
  }

  @Post('verify')
  @Rpc(verifyJournal)
  verify(@JournalOf() service: Journaled, @MessageBody(VerifyJournalRequestSchema) asked: VerifyJournalRequest) {
    return this.services.journals[service].verifyJournal(asked, { timeoutMs: VERIFY_MS });
  }
}
