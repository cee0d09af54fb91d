import { splitUcr } from './subsidy.ts';

/** What a charge record says, with the names that an invoice needs. Amounts in µcr and device-milliseconds. */
export interface FocusCharge {
  tenantId: string;
  projectId: string;
  reservationId: string;
  acceleratorClass: string;
  deviceMs: bigint;
  costUcr: bigint;
  subsidyPpm: number;
  awardId: string;
  openedAt: Date;
  closedAt: Date;
}

/** Who bills, and what a credit (1,000,000 µcr) is worth. */
export interface FocusTerms {
  operator: string;
  /** ISO 4217. */
  currency: string;
  /** Millionths of the currency for one credit. */
  millionthsPerCredit: bigint;
}

/** The first line of a file of charges. */
export const focusHeader = (): string => `${COLUMNS.join()}\r\n`;

/**
 * The lines of some charges as FOCUS 1.0 has them, in its CSV form: one row of usage for each charge, and where an
 * award paid a share one row of credit for it, so that the rows of a job add up to what its project was billed. Source:
 * FOCUS specification 1.0 (FinOps Foundation), columns of the mandatory kind.
 */
export function focusRows(charges: Iterable<FocusCharge>, terms: FocusTerms): string {
  const lines: string[] = [];
  for (const charge of charges) {
    const { awardUcr } = splitUcr(charge.costUcr, charge.subsidyPpm);
    lines.push(line(charge, terms, { category: 'Usage', ucr: charge.costUcr }));
    if (awardUcr > 0n) lines.push(line(charge, terms, { category: 'Credit', ucr: -awardUcr }));
  }
  return lines.map((row) => `${row}\r\n`).join('');
}

const COLUMNS = [
  'BilledCost',
  'BillingAccountId',
  'BillingAccountName',
  'BillingCurrency',
  'BillingPeriodEnd',
  'BillingPeriodStart',
  'ChargeCategory',
  'ChargeClass',
  'ChargeDescription',
  'ChargeFrequency',
  'ChargePeriodEnd',
  'ChargePeriodStart',
  'ConsumedQuantity',
  'ConsumedUnit',
  'ContractedCost',
  'EffectiveCost',
  'InvoiceIssuerName',
  'ListCost',
  'PricingQuantity',
  'PricingUnit',
  'ProviderName',
  'PublisherName',
  'ResourceId',
  'ResourceType',
  'ServiceCategory',
  'ServiceName',
  'SkuId',
  'SubAccountId',
] as const;

function line(charge: FocusCharge, terms: FocusTerms, { category, ucr }: { category: string; ucr: bigint }): string {
  const isUsage = category === 'Usage';
  const cost = money(ucr, terms.millionthsPerCredit);
  const [start, end] = monthOf(charge.closedAt);
  const hours = isUsage ? decimal(charge.deviceMs, 3_600_000n) : '';
  const row: Record<(typeof COLUMNS)[number], string> = {
    BilledCost: cost,
    BillingAccountId: charge.tenantId,
    BillingAccountName: charge.tenantId,
    BillingCurrency: terms.currency,
    BillingPeriodEnd: end,
    BillingPeriodStart: start,
    ChargeCategory: category,
    ChargeClass: '',
    ChargeDescription: isUsage ? `Job ${charge.reservationId}` : `Award ${charge.awardId}`,
    ChargeFrequency: 'Usage-Based',
    ChargePeriodEnd: instant(charge.closedAt),
    ChargePeriodStart: instant(charge.openedAt),
    ConsumedQuantity: hours,
    ConsumedUnit: isUsage ? 'Device-Hours' : '',
    ContractedCost: cost,
    EffectiveCost: cost,
    InvoiceIssuerName: terms.operator,
    ListCost: cost,
    PricingQuantity: hours,
    PricingUnit: isUsage ? 'Device-Hours' : '',
    ProviderName: terms.operator,
    PublisherName: terms.operator,
    ResourceId: charge.reservationId,
    ResourceType: 'Job',
    ServiceCategory: 'AI and Machine Learning',
    ServiceName: 'Kontor',
    SkuId: charge.acceleratorClass,
    SubAccountId: charge.projectId,
  };
  return COLUMNS.map((column) => quoted(row[column])).join();
}

/** µcr in the currency: twelve places hold it exactly. */
const money = (ucr: bigint, millionthsPerCredit: bigint): string => decimal(ucr * millionthsPerCredit, 10n ** 12n);

const PLACES = 12;

/** A quotient with twelve places, cut off, without zeros at its end. */
function decimal(dividend: bigint, divisor: bigint): string {
  const scaled = (dividend * 10n ** BigInt(PLACES)) / divisor;
  const [sign, digits] = [
    scaled < 0n ? '-' : '',
    (scaled < 0n ? -scaled : scaled).toString().padStart(PLACES + 1, '0'),
  ];
  const fraction = digits.slice(-PLACES).replace(/0+$/, '');
  return `${sign}${digits.slice(0, -PLACES)}${fraction === '' ? '' : `.${fraction}`}`;
}

/** First instants of the calendar month and of the next one, in UTC. */
function monthOf(at: Date): [string, string] {
  const [year, month] = [at.getUTCFullYear(), at.getUTCMonth()];
  return [instant(new Date(Date.UTC(year, month))), instant(new Date(Date.UTC(year, month + 1)))];
}

/** FOCUS knows no fractions of a second. */
const instant = (at: Date): string => at.toISOString().replace(/\.\d{3}Z$/, 'Z');

const quoted = (value: string): string => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
