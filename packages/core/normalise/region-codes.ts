/** Code, then the names by which it goes, without punctuation and spaces. */
type Codes = Readonly<Record<string, string>>;

/** Source: USPS Publication 28, appendix B; the codes are those of ANSI INCITS 38. */
const UNITED_STATES: Codes = {
  al: 'alabama',
  ak: 'alaska',
  az: 'arizona',
  ar: 'arkansas',
  ca: 'california',
  co: 'colorado',
  ct: 'connecticut',
  de: 'delaware',
  dc: 'districtofcolumbia washingtondc',
  fl: 'florida',
  ga: 'georgia',
  hi: 'hawaii',
  id: 'idaho',
  il: 'illinois',
  in: 'indiana',
  ia: 'iowa',
  ks: 'kansas',
  ky: 'kentucky',
  la: 'louisiana',
  me: 'maine',
  md: 'maryland',
  ma: 'massachusetts',
  mi: 'michigan',
  mn: 'minnesota',
  ms: 'mississippi',
  mo: 'missouri',
  mt: 'montana',
  ne: 'nebraska',
  nv: 'nevada',
  nh: 'newhampshire',
  nj: 'newjersey',
  nm: 'newmexico',
  ny: 'newyork newyorkstate',
  nc: 'northcarolina',
  nd: 'northdakota',
  oh: 'ohio',
  ok: 'oklahoma',
  or: 'oregon',
  pa: 'pennsylvania',
  ri: 'rhodeisland',
  sc: 'southcarolina',
  sd: 'southdakota',
  tn: 'tennessee',
  tx: 'texas',
  ut: 'utah',
  vt: 'vermont',
  va: 'virginia',
  wa: 'washington washingtonstate',
  wv: 'westvirginia',
  wi: 'wisconsin',
  wy: 'wyoming',
  as: 'americansamoa',
  gu: 'guam',
  mp: 'northernmarianaislands',
  pr: 'puertorico',
  vi: 'usvirginislands virginislands',
};

/** Source: Canada Post, addressing guidelines, in English and French. */
const CANADA: Codes = {
  ab: 'alberta',
  bc: 'britishcolumbia colombiebritannique',
  mb: 'manitoba',
  nb: 'newbrunswick nouveaubrunswick',
  nl: 'newfoundlandandlabrador newfoundland newfoundlandlabrador terreneuveetlabrador',
  nt: 'northwestterritories territoiresdunordouest',
  ns: 'novascotia nouvelleécosse',
  nu: 'nunavut',
  on: 'ontario',
  pe: 'princeedwardisland pei îleduprinceédouard',
  qc: 'quebec québec',
  sk: 'saskatchewan',
  yt: 'yukon yukonterritory',
};

function byName(...tables: readonly Codes[]): ReadonlyMap<string, string> {
  const entries = tables
    .flatMap((codes) => Object.entries(codes))
    .flatMap(([code, names]) => names.split(' ').map((name) => [name, code] as const));
  return new Map(entries);
}

/** Name → code, by country; the empty key is for an unknown country. */
export const REGION_CODES: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  ['us', byName(UNITED_STATES)],
  ['ca', byName(CANADA)],
  ['', byName(UNITED_STATES, CANADA)],
]);
