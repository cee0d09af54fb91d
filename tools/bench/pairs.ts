/**
 * Runs two measurements in turn, A B A B, so that whatever else the machine does falls on both.
 *
 * @returns what each measured, in order
 */
export async function inPairs(pairs: number, ours: () => Promise<number>, peer: () => Promise<number>) {
  const measured = { ours: [] as number[], peer: [] as number[] };
  for (let pair = 0; pair < pairs; pair++) {
    measured.ours.push(await ours());
    measured.peer.push(await peer());
  }
  return measured;
}
