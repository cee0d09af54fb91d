import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  AwardSchema,
  ExtendAwardRequest,
  GetAwardLetterRequest,
  GetAwardRequest,
  ListAwardsRequest,
  ListAwardsResponseSchema,
  ReturnAwardRequest,
} from '@kontor/contracts/quota/v1/programme';
import { Clock } from '@kontor/kit/clock';
import type { Person } from '@kontor/kit/person';
import { narrow, NEWEST_FIRST, pageOf } from '@kontor/kit/page';
import { projectOf } from '@kontor/kit/project-of';
import { inScope } from '@kontor/kit/tenant-scope';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { QuotaConfig } from '../config.ts';
import { inTransaction } from '../in-transaction.ts';
import { LedgerDatabase } from '../ledger-database.ts';
import { awardMessage, findAward, findAwards, type AwardFacts } from './award-facts.ts';
import { awardLetter } from './award-letter.ts';
import { returnAward } from './end-award.ts';
import { extendAward } from './extend-award.ts';

type AwardInit = MessageInitShape<typeof AwardSchema>;

/** What programmes granted: shown, given back early, extended. */
@Injectable()
export class Awards {
  constructor(
    private readonly ledger: LedgerDatabase,
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly config: QuotaConfig,
  ) {}

  async get(request: GetAwardRequest): Promise<AwardInit> {
    return awardMessage(await this.find(request));
  }

  async list(request: ListAwardsRequest): Promise<MessageInitShape<typeof ListAwardsResponseSchema>> {
    const { cut, ...wanted } = pageOf(request, NEWEST_FIRST);
    const { tenantId, projectId } = projectOf(request);
    const ofProject = 'award.tenant_id = :tenantId AND award.project_id = :projectId';
    const found = await inScope(this.dataSource, { tenantId }, (tx) =>
      findAwards(tx, ofProject, { tenantId, projectId }, (query) =>
        narrow(query, ['award.granted_at', 'award.id'], 'DESC', wanted),
      ),
    );
    const { items, page } = cut(found, ({ award: { grantedAt, id } }) => [grantedAt, id]);
    return { awards: items.map(awardMessage), page };
  }

  async letter(request: GetAwardLetterRequest) {
    return awardLetter(await this.find(request));
  }

  /** The same hand again gets what is there. @throws Problem where it has ended otherwise */
  async return(request: ReturnAwardRequest, person: Person): Promise<AwardInit> {
    await inTransaction(this.ledger, (tx) => returnAward(tx, projectOf(request), request.id, this.deed(person)));
    return awardMessage(await this.find(request));
  }

  /** @throws Problem where it has ended, the version is stale, the end unfit, or the award the person's own */
  async extend(request: ExtendAwardRequest, person: Person): Promise<AwardInit> {
    await inTransaction(this.ledger, (tx) => extendAward(tx, request, person, this.deed(person)));
    return awardMessage(await this.find(request));
  }

  private find(request: Parameters<typeof projectOf>[0] & { id: string }): Promise<AwardFacts> {
    const project = projectOf(request);
    return inScope(this.dataSource, project, (tx) => findAward(tx, project, request.id));
  }

  private deed({ reference }: Person) {
    return { operator: this.config.operator, actor: reference, clock: this.clock };
  }
}
