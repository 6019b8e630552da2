/** Four parts; a fifth is the appendix of Meta's parameter builder, and stays. */
const FBC = /^fb\.\d\d?\.\d{13}\.[\w-]+(?:\.[\w-]+)?$/;
const FBP = /^fb\.\d\d?\.\d{13}\.\d+(?:\.[\w-]+)?$/;
const CLICK = /^[\w-]+$/;
const LONGEST = 600;

/** For values that a server makes. Source: Meta, fbp and fbc parameters, `subdomainIndex`. */
const SERVER_INDEX = 1;

/**
 * True for a click id as Meta takes it, whose request it refuses otherwise.
 * Source: Meta, fbp and fbc parameters: "fb.subdomainIndex.creationTime.fbclid", time in ms.
 */
export function isFbc(text: string): boolean {
  return text.length <= LONGEST && FBC.test(text);
}

/** Source: Meta, fbp and fbc parameters: "fb.subdomainIndex.creationTime.randomnumber". */
export function isFbp(text: string): boolean {
  return text.length <= LONGEST && FBP.test(text);
}

/** True for a value of `fbclid` as it stands in addresses. */
export function isClick(text: string): boolean {
  return text.length <= LONGEST && CLICK.test(text);
}

/**
 * The click id that a browser would have made of an `fbclid`.
 *
 * @param timeMs when the page was seen, Unix ms: never now, so that a retry says the same
 */
export function fbcOf(click: string, timeMs: number): string {
  return `fb.${SERVER_INDEX}.${timeMs}.${click}`;
}
