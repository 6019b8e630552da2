/**
 * What comes along when text is copied and cannot be seen: zero-width characters, soft hyphens, marks of
 * direction, variation selectors, control characters that are no spaces.
 * Source: Unicode Standard, general categories Cf and Cc, Default_Ignorable_Code_Point.
 */
const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}]|(?!\s)\p{Cc}/gu;

export function withoutInvisible(text: string): string {
  return text.replace(INVISIBLE, '');
}
