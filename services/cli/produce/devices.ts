import type { Random } from './random.ts';

/** User agents with `#` for a version's digits. */
const USER_AGENTS: readonly string[] = [
  'Mozilla/5.0 (iPhone; CPU iPhone OS 1#_# like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/1#.# Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/14#.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Linux; Android 1#; Pixel #) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/14#.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/1#.# Safari/605.1.15',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 1#_# like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/5##.0.0.##;FBDV/iPhone1#,#;FBLC/de_DE]',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:14#.0) Gecko/20100101 Firefox/14#.0',
  'Mozilla/5.0 (Linux; Android 1#; SM-S9##B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/2#.0 Chrome/13#.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (X11; Linux x86_64; rv:14#.0) Gecko/20100101 Firefox/14#.0',
];

const SCREENS = [
  [390, 844],
  [412, 915],
  [1512, 982],
  [1920, 1080],
  [2560, 1440],
] as const;

/** Networks kept for documentation. Sources: RFC 5737; RFC 3849 for IPv6. */
const NETWORKS_V4 = ['192.0.2', '198.51.100', '203.0.113'];
const NETWORK_V6 = '2001:db8';

export function makeUserAgent(random: Random): string {
  return random.digits(random.pickEarly(USER_AGENTS));
}

export function makeAddress(random: Random): string {
  if (random.chance(0.7)) return `${random.pick(NETWORKS_V4)}.${random.between(1, 254)}`;
  const [low, high] = [random.hex8(), random.hex8()];
  if (random.chance(0.3)) return `${NETWORK_V6}::${low.slice(4)}`;
  return `${NETWORK_V6}:${low.slice(0, 4)}:${low.slice(4)}::${high.slice(0, 4)}:${high.slice(4)}`.toUpperCase();
}

/** `context.screen` as the browser library reports it. */
export function makeScreen(random: Random): object {
  const [width, height] = random.pick(SCREENS);
  return {
    width,
    height,
    innerWidth: width,
    innerHeight: height - 120,
    density: random.between(1, 3),
  };
}
