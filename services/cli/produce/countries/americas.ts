import { type Country, names, places } from './country.ts';

/** 555-0100 to 555-0199 are kept for fiction in every area code (NANPA). */
const NORTH_AMERICAN_FORMS = (area: string): readonly string[] => [
  `(${area}) 555-01##`,
  `${area}-555-01##`,
  `+1 ${area} 555 01##`,
  `+1${area}55501##`,
  `1.${area}.555.01##`,
];

export const UNITED_STATES: Country = {
  code: 'US',
  spellings: ['US', 'US', 'USA', 'United States', 'us'],
  locale: 'en-US',
  timezone: 'America/Los_Angeles',
  currency: 'USD',
  unitsPerEuro: 1.1,
  women: names('Olivia|Emma|Mary Ann|Charlotte|Amelia|Sofía|Mia|Isabella|Ava|Evelyn|Renée|Zoë'),
  men: names('Liam|Noah|James|DeShawn|William|Lucas|Henry|José|Jean-Luc|Mateo|Ethan|Robert'),
  families: names(
    "Smith|Johnson|O'Neil-Smith|García|Miller|Davis|McDonald|Nguyen|Lee|de la Cruz|St. James|Brown",
  ),
  places: places(
    'San Francisco;CA;94102,94103,94105-1804',
    'Los Angeles;California;90012,90017',
    'New York;NY;10001,10011,10025-1234',
    'Brooklyn;New York;11201,11215',
    'Austin;TX;78701,78704',
    'St. Louis;MO;63101,63103',
    'Portland;Oregon;97201,97205',
    "Coeur d'Alene;ID;83814",
    'Boston;MA;02108,02116',
  ),
  streets: ['### Main St', '#### Oak Avenue, Apt #', '### W 4#th Street', '#### Elm Blvd'],
  phones: [
    ...NORTH_AMERICAN_FORMS('415'),
    ...NORTH_AMERICAN_FORMS('212'),
    ...NORTH_AMERICAN_FORMS('512'),
  ],
  birthdays: ['Y-M-D', 'M/D/Y', 'YMD', 'Y-M-DT00:00:00.000Z'],
};

export const CANADA: Country = {
  code: 'CA',
  spellings: ['CA', 'Canada', 'ca', 'CAN'],
  locale: 'fr-CA',
  timezone: 'America/Toronto',
  currency: 'CAD',
  unitsPerEuro: 1.5,
  women: names('Camille|Léa|Noémie|Sarah|Élise|Grace|Anaïs|Hannah'),
  men: names('Olivier|Félix|Étienne|Liam|Benoît|Jack|François|Owen'),
  families: names('Tremblay|Gagnon|Côté|Bélanger|Roy|MacDonald|Lévesque|Wilson|Nguyen'),
  places: places(
    'Montréal;Québec;H2X 1Y4,h3b1a7',
    'Québec;QC;G1R 4P5',
    'Toronto;ON;M5V 2T6,M4C1B5',
    'Vancouver;British Columbia;V6B 1A1',
    "St. John's;NL;A1C 5H6",
  ),
  streets: ['### rue Saint-Denis', '#### Queen St W', '## chemin de la Côte-des-Neiges'],
  phones: [...NORTH_AMERICAN_FORMS('514'), ...NORTH_AMERICAN_FORMS('416')],
  birthdays: ['Y-M-D', 'YMD', 'Y/M/D'],
};

/** No range is kept for fiction here; no subscriber's number begins with 0. */
export const BRAZIL: Country = {
  code: 'BR',
  spellings: ['BR', 'Brasil', 'Brazil', 'BRA'],
  locale: 'pt-BR',
  timezone: 'America/Sao_Paulo',
  currency: 'BRL',
  unitsPerEuro: 6,
  women: names('Júlia|Sofia|Luíza|Antônia|Conceição|Beatriz|Letícia|Mariana'),
  men: names('João|Gabriel|Antônio|Luís|Thiago|André|Caio|Otávio'),
  families: names('Silva|Gonçalves|dos Santos|Araújo|Conceição|Brandão|Magalhães|Leitão'),
  places: places(
    'São Paulo;SP;01310-100,04538133',
    'Rio de Janeiro;RJ;20040-020',
    'Brasília;Distrito Federal;70040-010',
    'Florianópolis;Santa Catarina;88010-400',
  ),
  streets: ['Rua Augusta, ###', 'Av. Paulista, 1###', 'Praça da Sé, ##'],
  phones: ['(11) 0000-00##', '+55 11 0000 00##', '021 0000-00##', '+552100000###'],
  birthdays: ['D/M/Y', 'Y-M-D', 'D-M-Y'],
};
