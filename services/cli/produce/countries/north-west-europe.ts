import { type Country, names, places } from './country.ts';

/** Phones: Ofcom, numbers for use in drama. */
export const BRITAIN: Country = {
  code: 'GB',
  spellings: ['GB', 'United Kingdom', 'UK', 'Great Britain', 'gb'],
  locale: 'en-GB',
  timezone: 'Europe/London',
  currency: 'GBP',
  unitsPerEuro: 0.85,
  women: names('Amelia|Isla|Siân|Freya|Zoë|Aoife|Florence|Chloë'),
  men: names("Oliver|George|Rhys|Alfie|Hamish|D'Arcy|Seán|Arthur"),
  families: names("Jones|Williams|O'Brien|MacLeod|Ap Rhys|Taylor-Hughes|Singh|Begum|Clarke"),
  places: places(
    'London;-;SW1A 1AA,EC1A 1BB,w1a 0ax',
    'Manchester;Greater Manchester;M1 1AE',
    'Stoke-on-Trent;Staffordshire;ST1 1QB',
    'Edinburgh;Scotland;EH1 1YZ',
    'Caerdydd;Wales;CF10 1EP',
  ),
  streets: ['## High Street', 'Flat #, ## Baker St', "# St. Mary's Road"],
  phones: [
    '020 7946 0###',
    '+44 20 7946 0###',
    '07700 900###',
    '+447700900###',
    '0044 7700 900###',
    '+44 (0)161 496 0###',
  ],
  birthdays: ['D/M/Y', 'Y-M-D', 'YMD'],
};

/** Phones: Bundesnetzagentur, numbers for media productions (notice 148/2021). */
export const GERMANY: Country = {
  code: 'DE',
  spellings: ['DE', 'Deutschland', 'Germany', 'de', 'DEU'],
  locale: 'de-DE',
  timezone: 'Europe/Berlin',
  currency: 'EUR',
  unitsPerEuro: 1,
  women: names('Jördis|Käthe|Hanna-Sophie|Änne|Zoé|Ursula|Aylin|Mia'),
  men: names('Jürgen|Björn|Karl-Heinz|Göran|Luís|Weiß|Emil|Sören'),
  families: names('Müller|Groß|Weiß|von der Heide|Schröder|Jäger|Köhler|Strauß|Schmidt|Yılmaz'),
  places: places(
    'Köln;NRW;50667,50823',
    'München;Bayern;80331,D-80539',
    'Berlin;-;10115,10437',
    'Gießen;Hessen;35390',
    'Frankfurt am Main;HE;60311',
    'Halle (Saale);Sachsen-Anhalt;06108',
  ),
  streets: ['Hauptstraße ##', 'Königsallee #a', 'Am Weißen Tor #', 'Größenweg 1##'],
  phones: [
    '030 23125###',
    '+49 (0)30 23125 ###',
    '0221/4710###',
    '+49 89 99998-###',
    '0049 40 66969###',
    '0171 39200##',
    '+49176040690##',
  ],
  birthdays: ['D.M.Y', 'Y-M-D', 'YMD'],
};

/** Phones: ARCEP, numbers for audiovisual works. */
export const FRANCE: Country = {
  code: 'FR',
  spellings: ['FR', 'France', 'fr', 'FRA'],
  locale: 'fr-FR',
  timezone: 'Europe/Paris',
  currency: 'EUR',
  unitsPerEuro: 1,
  women: names('Chloé|Anne-Sophie|Maëlle|Zoé|Hélène|Françoise|Inès|Océane'),
  men: names('Jérôme|Jean-Baptiste|Loïc|Gaël|André|Noël|Raphaël|Théo'),
  families: names("Lefèvre|D'Hondt|Béranger|Saint-Exupère|Nuñez|Roux|L'Hermitte|Garçon|Dupré"),
  places: places(
    'Paris;Île-de-France;75011,75 018',
    'Saint-Denis;-;93200',
    "L'Haÿ-les-Roses;Val-de-Marne;94240",
    'Nîmes;Occitanie;30000',
    'Besançon;-;25000',
  ),
  streets: ['## bis, rue de la Paix', "# allée de l'Église", '1## avenue du Général-Leclerc'],
  phones: [
    '06 39 98 ## ##',
    '+33 6 39 98 ## ##',
    '0033 1 99 00 ## ##',
    '01.99.00.##.##',
    '+33 (0)4 65 71 ## ##',
  ],
  birthdays: ['D/M/Y', 'Y-M-D', 'D-M-Y'],
};

/** Phones: Post- och telestyrelsen, numbers for books and films. */
export const SWEDEN: Country = {
  code: 'SE',
  spellings: ['SE', 'Sverige', 'Sweden', 'se'],
  locale: 'sv-SE',
  timezone: 'Europe/Stockholm',
  currency: 'SEK',
  unitsPerEuro: 11,
  women: names('Åsa|Maja|Ylva|Ebba|Astrid|Märta'),
  men: names('Björn|Åke|Göran|Nils|Östen|Karl-Johan'),
  families: names('Åkesson|Öberg|Sjöström|Lindqvist|af Ugglas|Bergström|Nordén'),
  places: places(
    'Malmö;Skåne län;211 20',
    'Göteborg;Västra Götaland;411 04,41301',
    'Umeå;-;903 26',
    'Örebro;-;702 10',
  ),
  streets: ['Drottninggatan ##', 'Ågatan #', 'Östra Vägen 1#'],
  phones: ['070-174 06 9#', '+46 70 174 06 9#', '08-465 004 ##', '+46 (0)8 465 004 ##'],
  birthdays: ['Y-M-D', 'YMD'],
};
