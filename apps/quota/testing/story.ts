import { ChargeRecord_Cause as Cause, Reservation_State as State } from '@kontor/contracts/quota/v1/quota';
import { Problem } from '@kontor/kit/problem';
import { uuid5 } from '@kontor/kit/id';
import { CLASS, type quotaUnderTest } from './quota-under-test.ts';

type Scene = Awaited<ReturnType<typeof quotaUnderTest>>;

/**
 * Plays a story, line by line, and answers what happened in the same form. A line is a command and, after the arrow,
 * the state of the reservation or the code of the refusal, then the project's credits as left/held:
 *
 *     reserve job cover=10 → PENDING 90/10
 *
 * `tick 61s` moves the clock and lets what is due expire. A device-millisecond costs a µcr.
 */
export async function play(scene: Scene, story: string): Promise<string> {
  const lines: string[] = [];
  for (const line of story.trim().split('\n')) {
    const said = line.split('→')[0]?.trim() ?? '';
    const answer = await perform(scene, said);
    const { available, held } = await scene.credits();
    lines.push(`${said} → ${answer} ${available}/${held}`);
  }
  return lines.join('\n');
}

/** A story without the blanks that make it readable. */
export const tidy = (story: string): string =>
  story
    .trim()
    .split('\n')
    .map((line) => line.trim().replaceAll(/ +/g, ' '))
    .join('\n');

async function perform(scene: Scene, line: string): Promise<string> {
  const [verb = '', name = '', ...pairs] = line.split(/ +/);
  if (verb === 'tick') {
    scene.clock.advance(Number.parseInt(name) * 1_000);
    await scene.sweep();
    return 'later';
  }
  const given = new Map(pairs.map((pair) => pair.split('=') as [string, string]));
  try {
    const { state, usedDeviceMs, coverDeviceMs, lateDeviceMs } = await command(
      scene,
      verb,
      uuid5(scene.project.projectId, name),
      given,
    );
    return `${State[state]} ${usedDeviceMs}+${lateDeviceMs}/${coverDeviceMs}`;
  } catch (error) {
    if (error instanceof Problem) return error.code;
    throw error;
  }
}

function command({ compute, project }: Scene, verb: string, id: string, given: Map<string, string>) {
  const amount = (name: string, otherwise: bigint) => BigInt(given.get(name) ?? otherwise);
  const [named, timeoutMs] = [{ project, id }, amount('timeout', 60_000n)];
  switch (verb) {
    case 'reserve':
      return compute.reserve({
        ...named,
        acceleratorClass: given.get('class') ?? CLASS,
        slots: Number(amount('slots', 1n)),
        coverDeviceMs: amount('cover', 10n),
        timeoutMs,
      });
    case 'advance':
      return compute.advance({
        ...named,
        usedDeviceMs: amount('used', 0n),
        coverDeviceMs: amount('cover', 0n),
        timeoutMs,
      });
    case 'post':
      return compute.post({
        ...named,
        usedDeviceMs: amount('used', 0n),
        cause: Cause[(given.get('cause') ?? 'USER') as keyof typeof Cause],
      });
    case 'void':
      return compute.void(named);
    default:
      throw new Error(`Nobody can ${verb} a reservation.`);
  }
}
