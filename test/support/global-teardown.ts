import { rm } from 'node:fs/promises';
import { SERVICES } from './shared-services.ts';

/** Stops what the setup started, and removes its folder. */
export default async function tearDown(): Promise<void> {
  const { current } = SERVICES;
  if (current === null) return;
  await current.services.stop();
  await rm(current.folder, { recursive: true, force: true });
}
