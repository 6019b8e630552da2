import { letters } from './letters.ts';
import type { FlaggedValue, Normaliser } from './normaliser.ts';

/**
 * Alpha-2 and alpha-3 codes.
 * Source: ISO 3166-1; `xk` is user-assigned, and in general use for Kosovo.
 */
const PAIRS = `
  ad:and ae:are af:afg ag:atg ai:aia al:alb am:arm ao:ago aq:ata ar:arg as:asm at:aut
  au:aus aw:abw ax:ala az:aze ba:bih bb:brb bd:bgd be:bel bf:bfa bg:bgr bh:bhr bi:bdi
  bj:ben bl:blm bm:bmu bn:brn bo:bol bq:bes br:bra bs:bhs bt:btn bv:bvt bw:bwa by:blr
  bz:blz ca:can cc:cck cd:cod cf:caf cg:cog ch:che ci:civ ck:cok cl:chl cm:cmr cn:chn
  co:col cr:cri cu:cub cv:cpv cw:cuw cx:cxr cy:cyp cz:cze de:deu dj:dji dk:dnk dm:dma
  do:dom dz:dza ec:ecu ee:est eg:egy eh:esh er:eri es:esp et:eth fi:fin fj:fji fk:flk
  fm:fsm fo:fro fr:fra ga:gab gb:gbr gd:grd ge:geo gf:guf gg:ggy gh:gha gi:gib gl:grl
  gm:gmb gn:gin gp:glp gq:gnq gr:grc gs:sgs gt:gtm gu:gum gw:gnb gy:guy hk:hkg hm:hmd
  hn:hnd hr:hrv ht:hti hu:hun id:idn ie:irl il:isr im:imn in:ind io:iot iq:irq ir:irn
  is:isl it:ita je:jey jm:jam jo:jor jp:jpn ke:ken kg:kgz kh:khm ki:kir km:com kn:kna
  kp:prk kr:kor kw:kwt ky:cym kz:kaz la:lao lb:lbn lc:lca li:lie lk:lka lr:lbr ls:lso
  lt:ltu lu:lux lv:lva ly:lby ma:mar mc:mco md:mda me:mne mf:maf mg:mdg mh:mhl mk:mkd
  ml:mli mm:mmr mn:mng mo:mac mp:mnp mq:mtq mr:mrt ms:msr mt:mlt mu:mus mv:mdv mw:mwi
  mx:mex my:mys mz:moz na:nam nc:ncl ne:ner nf:nfk ng:nga ni:nic nl:nld no:nor np:npl
  nr:nru nu:niu nz:nzl om:omn pa:pan pe:per pf:pyf pg:png ph:phl pk:pak pl:pol pm:spm
  pn:pcn pr:pri ps:pse pt:prt pw:plw py:pry qa:qat re:reu ro:rou rs:srb ru:rus rw:rwa
  sa:sau sb:slb sc:syc sd:sdn se:swe sg:sgp sh:shn si:svn sj:sjm sk:svk sl:sle sm:smr
  sn:sen so:som sr:sur ss:ssd st:stp sv:slv sx:sxm sy:syr sz:swz tc:tca td:tcd tf:atf
  tg:tgo th:tha tj:tjk tk:tkl tl:tls tm:tkm tn:tun to:ton tr:tur tt:tto tv:tuv tw:twn
  tz:tza ua:ukr ug:uga um:umi us:usa uy:ury uz:uzb va:vat vc:vct ve:ven vg:vgb vi:vir
  vn:vnm vu:vut wf:wlf ws:wsm ye:yem yt:myt za:zaf zm:zmb zw:zwe xk:xkx
`;

/** Other codes in use: the United Kingdom's own, and the European Union's for Greece. */
const ALIASES = ['uk:gb', 'el:gr'];

/** Names in use that Unicode's locale data lacks, without punctuation. */
const ALIASES_OF_NAMES = `
  america:us unitedstatesofamerica:us theunitedstates:us britain:gb greatbritain:gb england:gb
  scotland:gb wales:gb northernireland:gb unitedkingdomofgreatbritainandnorthernireland:gb
  holland:nl thenetherlands:nl czechrepublic:cz turkey:tr turkiye:tr republicofkorea:kr
  korearepublicof:kr korea:kr russianfederation:ru vietnam:vn hongkong:hk macau:mo macao:mo
  taiwanprovinceofchina:tw republicofireland:ie ivorycoast:ci burma:mm myanmar:mm swaziland:sz
  macedonia:mk capeverde:cv caboverde:cv easttimor:tl palestine:ps vatican:va holysee:va
  democraticrepublicofthecongo:cd republicofthecongo:cg peoplesrepublicofchina:cn deutschland:de
  eire:ie éire:ie bosnia:ba uae:ae 中國:cn 台灣:tw ไทย:th unitedstatesus:us unitedkingdomuk:gb
  greatbritainuk:gb`;

/**
 * The short names of the standard, which country lists offer and Unicode words differently, without
 * an article at their end.
 * Source: ISO 3166-1, English short names.
 */
const OFFICIAL_NAMES = `
  boliviaplurinationalstateof:bo bonairesinteustatiusandsaba:bq congothedemocraticrepublicof:cd
  congodemocraticrepublicof:cd falklandislandsmalvinas:fk heardislandandmcdonaldislands:hm
  holyseevaticancitystate:va iranislamicrepublicof:ir koreademocraticpeoplesrepublicof:kp
  koreathedemocraticpeoplesrepublicof:kp koreatherepublicof:kr laopeoplesdemocraticrepublic:la
  libyanarabjamahiriya:ly macausarchina:mo macedoniatheformeryugoslavrepublicof:mk
  micronesiafederatedstatesof:fm moldovarepublicof:md moldovatherepublicof:md
  palestinestateof:ps sainthelenaascensionandtristandacunha:sh saintmartinfrenchpart:mf
  saintvincentandthegrenadines:vc saotomeandprincipe:st sintmaartendutchpart:sx
  southgeorgiaandthesouthsandwichislands:gs syrianarabrepublic:sy tanzaniaunitedrepublicof:tz
  tanzaniatheunitedrepublicof:tz unitedstatesminoroutlyingislands:um
  venezuelabolivarianrepublicof:ve virginislandsbritish:vg virginislandsus:vi`;

const COUNTRY_NAMES: readonly (readonly [string, string])[] =
  `${ALIASES_OF_NAMES} ${OFFICIAL_NAMES}`
    .trim()
    .split(/\s+/)
    .map((pair) => [pair.slice(0, -3), pair.slice(-2)]);

/** Code in lower case, of two or three letters → alpha-2 in lower case. */
const COUNTRY_CODES: ReadonlyMap<string, string> = new Map(
  [...PAIRS.trim().split(/\s+/), ...ALIASES].flatMap((pair) => {
    const [first = '', second = ''] = pair.split(':');
    return second.length === 3
      ? [[first, first] as const, [second, first] as const]
      : [[first, second] as const];
  }),
);

/** Languages of the known country names; where two disagree, the earlier one counts. */
const LANGUAGES = 'en de fr es it pt nl pl tr sv da nb fi cs hu ro el ru uk ja ko zh ar he'.split(
  ' ',
);

const INVALID: FlaggedValue = { value: null, code: 'invalid_country' };

let names: ReadonlyMap<string, string> | null = null;

/**
 * ISO 3166-1 alpha-2 in lower case, from a code of two or three letters or from a name.
 * Source: Meta, `country`: "the lowercase, 2-letter country codes in ISO 3166-1 alpha-2".
 */
export const country: Normaliser = (value) => {
  const code = COUNTRY_CODES.get(value.toLowerCase());
  if (code !== undefined) return code;
  const name = letters(value);
  names ??= namesOfCountries();
  return COUNTRY_CODES.get(name) ?? names.get(name) ?? names.get(withoutArticle(name)) ?? INVALID;
};

/** `Netherlands (the)`, `The Gambia`. */
function withoutArticle(name: string): string {
  return name.replace(/^the|the$/g, '');
}

/** Name without punctuation → code. Source: Unicode CLDR, by way of Intl.DisplayNames. */
function namesOfCountries(): ReadonlyMap<string, string> {
  const known = new Map<string, string>(COUNTRY_NAMES);
  const codes = new Set(COUNTRY_CODES.values());
  for (const language of LANGUAGES) {
    const display = new Intl.DisplayNames([language], { type: 'region', fallback: 'none' });
    for (const code of codes) {
      for (const name of spellings(display.of(code.toUpperCase()) ?? '')) {
        if (name !== '' && !known.has(name)) known.set(name, code);
      }
    }
  }
  return known;
}

function spellings(name: string): string[] {
  const long = name.replaceAll('&', 'and').replaceAll('St.', 'Saint');
  const plain = name.normalize('NFD').replace(/\p{M}/gu, '');
  return [name, long, plain].map(letters);
}
