/** A pixel, and what the configuration calls it. */
export interface NamedPixel {
  readonly pixelId: string;
  readonly name?: string | undefined;
}

const LONGEST = 40;

/** Control characters, those without a sign, unassigned ones, and what breaks a line. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u;

/** Whether a text may be the name of a pixel; one of digits would be taken for an ID. */
export function isPixelName(text: string): boolean {
  if (text.trim() !== text || UNPRINTABLE.test(text) || /^\d*$/.test(text)) return false;
  return [...text].length <= LONGEST;
}

/** How pixels are shown to people, who know them by name. */
export class PixelNames {
  private readonly names: ReadonlyMap<string, string>;
  private readonly ids: ReadonlyMap<string, string>;

  constructor(pixels: readonly NamedPixel[]) {
    const named = pixels.flatMap(({ pixelId, name }) =>
      name === undefined ? [] : [[pixelId, name] as const],
    );
    this.names = new Map(named);
    this.ids = new Map([
      ...named.map(([pixelId, name]) => [name, pixelId] as const),
      ...pixels.map(({ pixelId }) => [pixelId, pixelId] as const),
    ]);
  }

  of(pixelId: string): string | null {
    return this.names.get(pixelId) ?? null;
  }

  /** `EU shop (1234567890)`, or the ID alone. */
  label(pixelId: string): string {
    return pixelLabel({ pixelId, name: this.names.get(pixelId) });
  }

  /** The same with the name of its pixel beside the ID, where the pixel has one. */
  beside<T extends { readonly pixelId: string | null }>(each: T): T & { readonly name?: string } {
    const name = each.pixelId === null ? null : this.of(each.pixelId);
    return name === null ? each : { ...each, name };
  }

  /** Every name and ID by which a pixel of the configuration may be called. */
  get spellings(): readonly string[] {
    return [...this.ids.keys()];
  }

  /** The ID of a pixel of the configuration, by its ID or its name. */
  idOf(idOrName: string): string | null {
    return this.ids.get(idOrName) ?? null;
  }
}

/** Where no configuration is known. */
export const NO_NAMES = new PixelNames([]);

export function pixelLabel({ pixelId, name }: NamedPixel): string {
  return name === undefined ? pixelId : `${name} (${pixelId})`;
}
