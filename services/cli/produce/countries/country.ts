/** A name as its bearer writes it, and as it stands in an e-mail address. */
export interface Name {
  readonly written: string;
  readonly latin: string;
}

/** A town: its name, the state or province as shops note it (or none), and postal codes there. */
export interface Place {
  readonly city: string;
  readonly state: string | null;
  readonly postalCodes: readonly string[];
}

/** What shoppers of one country are made of. */
export interface Country {
  /** ISO 3166-1 alpha-2. */
  readonly code: string;
  /** How address forms spell the country: codes and names. */
  readonly spellings: readonly string[];
  readonly locale: string;
  readonly timezone: string;
  readonly currency: string;
  /** What one euro is about worth, so that prices look natural. */
  readonly unitsPerEuro: number;
  readonly women: readonly Name[];
  readonly men: readonly Name[];
  readonly families: readonly Name[];
  readonly places: readonly Place[];
  /** With `#` for digits of the house number. */
  readonly streets: readonly string[];
  /** With `#` for digits; local and international forms of numbers that nobody has. */
  readonly phones: readonly string[];
  /** Written forms of a birthday, with `Y`, `M` and `D` for year, month and day in digits. */
  readonly birthdays: readonly string[];
}

/** Letters that do not fall apart into a base letter and an accent. */
const BASE_LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  ı: 'i',
  ł: 'l',
  ø: 'o',
  æ: 'ae',
};

/** Names from `Ana|José` or, where the script is another, `花子/hanako|太郎/taro`. */
export function names(list: string): readonly Name[] {
  return list.split('|').map((entry) => {
    const [written = '', latin = written] = entry.split('/');
    return { written, latin: toLatin(latin) };
  });
}

/** Places from `city;state;postal code,postal code`, one per argument; `-` for no state. */
export function places(...list: string[]): readonly Place[] {
  return list.map((entry) => {
    const [city = '', state = '', codes = ''] = entry.split(';');
    return { city, state: state === '-' ? null : state, postalCodes: codes.split(',') };
  });
}

function toLatin(name: string): string {
  return name
    .toLowerCase()
    .replace(/[ßıłøæ]/g, (letter) => BASE_LETTERS[letter] ?? letter)
    .normalize('NFD')
    .replace(/[^a-z]/g, '');
}
