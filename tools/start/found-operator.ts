import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromJson } from '@bufbuild/protobuf';
import { ChangeService, ProgrammeChangeSchema } from '@kontor/contracts/quota/v1/change';
import { connect } from '@kontor/kit/connect';
import { Problem } from '@kontor/kit/problem';
import { readTls } from '@kontor/kit/tls';
import { STARTER } from './health.ts';
import { HOST, ROOT, type StartSettings } from './settings.ts';

/** Price that a new operator asks for one core for one hour until two persons change it: 0.05 credits. */
const UCR_PER_CORE_HOUR = 50_000n;
const CORES = ['cpu.x86_64', 'cpu.aarch64'];
/** A thousand million credits: what the treasury may hand out until two persons change it. */
const AUTHORISED_UCR = 10n ** 15n;
const PRESETS = ['indiaai-like', 'free-tier'];

/**
 * Sets a new operator's books up, once, while there is nobody yet who could agree: first rates and the programmes of
 * the presets. To be loaded once the contracts that it speaks are generated.
 */
export async function foundOperator({ home, ports }: StartSettings): Promise<void> {
  const programmes = PRESETS.map((name) => fromJson(ProgrammeChangeSchema, preset(name)));
  const changes = connect(ChangeService, `${HOST}:${ports.quota}`, readTls(join(home, 'tls'), STARTER));
  try {
    await changes.foundOperator({
      authorisation: { authorisedUcr: AUTHORISED_UCR },
      rates: CORES.map((acceleratorClass) => ({ acceleratorClass, ucrPerDeviceHour: UCR_PER_CORE_HOUR })),
      programmes,
    });
  } catch (error) {
    // Founded by an earlier version, with what was preset then: from there on two persons change it.
    if (!(error instanceof Problem) || error.code !== 'already_founded') throw error;
  } finally {
    changes.close();
  }
}

const preset = (name: string) =>
  JSON.parse(readFileSync(join(ROOT, 'apps', 'quota', 'presets', `${name}.json`), 'utf8')) as never;
