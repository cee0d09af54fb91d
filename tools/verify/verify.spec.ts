import { describe, expect, it } from '@jest/globals';
import { freePort } from '@kontor/postgres/free-port';
import { startProgram } from '@kontor/testing/child';

describe('npm run verify', () => {
  it('says how to start an operator where none runs', async () => {
    const [gateway, identity] = [String(await freePort()), String(await freePort())];
    const { code, output } = await verify(['journal'], {
      KONTOR_GATEWAY_PORT: gateway,
      KONTOR_IDENTITY_PORT: identity,
    });
    expect(code).toBe(1);
    expect(output).toBe(
      `No operator runs at http://127.0.0.1:${gateway}. Start it with npm start; if it listens elsewhere, say so by ` +
        'KONTOR_GATEWAY_PORT and KONTOR_IDENTITY_PORT.\n',
    );
  });

  it.each([
    [[], 'There is nothing called (nothing) to verify. Use: npm run verify -- journal'],
    [['everything'], 'There is nothing called everything to verify. Use: npm run verify -- journal'],
    [['journal', '--head', 'quota:1:x'], 'This is no head of a journal: quota:1:x.'],
    [['journal', '--head', `gateway:1:${'0'.repeat(64)}`], 'This is no head of a journal: gateway:1:'],
  ])('refuses %j with help', async (args, said) => {
    const { code, output } = await verify(args);
    expect(code).toBe(1);
    expect(output).toContain(said);
  });
});

async function verify(args: string[], env: Record<string, string> = {}) {
  await using child = startProgram('tools/verify/verify.ts', args, { NODE_OPTIONS: '', ...env });
  return { code: await child.exited, output: child.output() };
}
