import { describe, expect, it } from '@jest/globals';
import { freePort } from '@kontor/postgres/free-port';
import { startChild } from '@kontor/testing/child';
import { checkPorts, ownerOf } from './ports.ts';

const SQUAT = (port: number) =>
  `require('net').createServer().listen(${port}, '127.0.0.1', () => console.log('listening'))`;

describe('ports', () => {
  it('that are free are fine', async () => {
    await checkPorts(await freePorts());
  });

  it('that are taken are named, with the program that has them and the variable that changes them', async () => {
    const ports = await freePorts();
    await using squatter = startChild(process.execPath, ['-e', SQUAT(ports.compute)]);
    await squatter.prints(/listening/);
    await expect(checkPorts(ports)).rejects.toMatchObject({
      message: expect.stringMatching(
        new RegExp(`^Port ${ports.compute} \\(compute\\) is taken by process ${squatter.pid} \\(.*-e .*\\)\\.$`),
      ),
      help: 'Stop that program, or set KONTOR_COMPUTE_PORT to a free port.',
    });
  });

  it('that nobody has have no owner', async () => {
    expect(ownerOf(await freePort())).toBeUndefined();
  });
});

const freePorts = async () => ({
  gateway: await freePort(),
  tenancy: await freePort(),
  identity: await freePort(),
  quota: await freePort(),
  compute: await freePort(),
  postgres: await freePort(),
});
