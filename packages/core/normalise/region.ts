import { letters } from './letters.ts';
import type { Normaliser } from './normaliser.ts';

/**
 * Code, then the names in use for it, without punctuation and spaces.
 * Source: USPS Publication 28, appendix B; the codes are those of ANSI INCITS 38.
 */
const UNITED_STATES = `
  al:alabama ak:alaska az:arizona ar:arkansas ca:california co:colorado ct:connecticut
  de:delaware dc:districtofcolumbia/washingtondc fl:florida ga:georgia hi:hawaii id:idaho
  il:illinois in:indiana ia:iowa ks:kansas ky:kentucky la:louisiana me:maine md:maryland
  ma:massachusetts mi:michigan mn:minnesota ms:mississippi mo:missouri mt:montana ne:nebraska
  nv:nevada nh:newhampshire nj:newjersey nm:newmexico ny:newyork/newyorkstate nc:northcarolina
  nd:northdakota oh:ohio ok:oklahoma or:oregon pa:pennsylvania ri:rhodeisland sc:southcarolina
  sd:southdakota tn:tennessee tx:texas ut:utah vt:vermont va:virginia
  wa:washington/washingtonstate wv:westvirginia wi:wisconsin wy:wyoming as:americansamoa gu:guam
  mp:northernmarianaislands pr:puertorico vi:usvirginislands/virginislands`;

/** Source: Canada Post, addressing guidelines, in English and French. */
const CANADA = `
  ab:alberta bc:britishcolumbia/colombiebritannique mb:manitoba nb:newbrunswick/nouveaubrunswick
  nl:newfoundlandandlabrador/newfoundland/newfoundlandlabrador/terreneuveetlabrador
  nt:northwestterritories/territoiresdunordouest ns:novascotia/nouvelleécosse nu:nunavut
  on:ontario pe:princeedwardisland/pei/îleduprinceédouard qc:quebec/québec sk:saskatchewan
  yt:yukon/yukonterritory`;

function byName(codes: string): ReadonlyMap<string, string> {
  const rows = codes.trim().split(/\s+/);
  const entries = rows.flatMap((row) => {
    const [code = '', names = ''] = row.split(':');
    return names.split('/').map((name) => [name, code] as const);
  });
  return new Map(entries);
}

/** Name → code, by country; the empty key is for an unknown country. */
const REGION_CODES: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  ['us', byName(UNITED_STATES)],
  ['ca', byName(CANADA)],
  ['', byName(`${UNITED_STATES} ${CANADA}`)],
]);

/** ISO 3166-2, as in some address forms. */
const ISO_CODE = /^(?:us|ca)-[a-z]{2}$/i;
const ISO_CODE_LENGTH = 5;

/**
 * The two-letter code in the United States and in Canada, from the code or the name; elsewhere, where
 * Meta has no codes, the letters of the name.
 * Sources: Meta, `st`: "the 2-character ANSI abbreviation code in lowercase", "normalize states
 * outside the U.S. in lowercase with no punctuation, no special characters, and no spaces"; Meta's
 * parameter builder for the provinces.
 */
export const region: Normaliser = (value, { country }) => {
  const isCode = value.length === ISO_CODE_LENGTH && ISO_CODE.test(value);
  const name = letters(isCode ? value.slice(-2) : value);
  return name.length === 2 ? name : (REGION_CODES.get(country ?? '')?.get(name) ?? name);
};
