import { parseArgs } from 'node:util';
import { scale } from './page.ts';
import { defaultSettings } from './settings.ts';

/** Plans and simulates the fleet of one load, as docs/scaling.md does for three. */
function main(): void {
  const { values } = parseArgs({
    options: {
      rate: { type: 'string', default: '10000' },
      pixels: { type: 'string', default: '10' },
      peak: { type: 'string', default: '2' },
    },
  });
  const load = {
    eventsPerSecond: numberOf('RATE', values.rate, 1e7),
    pixels: Math.ceil(numberOf('PIXELS', values.pixels, 1e5)),
    peak: numberOf('PEAK', values.peak, 100),
    utilisation: 0.6,
  };
  const { plan, seen } = scale(load, defaultSettings());
  process.stdout.write(`${JSON.stringify({ load, plan, seen }, null, 2)}\n`);
}

function numberOf(name: string, text: string, most: number): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value <= most) return value;
  throw new Error(
    `${name}=${text} is not a number above 0 and up to ${most}: for example ${name}=10`,
  );
}

try {
  main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
