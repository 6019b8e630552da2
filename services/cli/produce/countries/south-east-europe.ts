import { type Country, names, places } from './country.ts';

/*
 * No range of numbers is kept for fiction in these countries: the numbers below lie where none is
 * given out, because no subscriber's number begins with 0.
 */

export const SPAIN: Country = {
  code: 'ES',
  spellings: ['ES', 'España', 'Spain', 'es', 'ESP'],
  locale: 'es-ES',
  timezone: 'Europe/Madrid',
  currency: 'EUR',
  unitsPerEuro: 1,
  women: names('Lucía|María José|Begoña|Núria|Inés|Ainhoa'),
  men: names('Íñigo|José María|Andrés|Martín|Joaquín|Álvaro'),
  families: names('Muñoz|Ibáñez|de la Fuente|Núñez|Peña y Lillo|Ordóñez|García-Pérez'),
  places: places(
    'A Coruña;Galicia;15003',
    "L'Hospitalet de Llobregat;Cataluña;08901",
    'Cádiz;Andalucía;11001',
    'Logroño;La Rioja;26001',
  ),
  streets: ['Calle Mayor, ##, 2º B', 'Paseo de la Castellana 1##', 'C/ Peñón, #'],
  phones: ['+34 910 000 0##', '910 00 00 ##', '0034 930 000 0##'],
  birthdays: ['D/M/Y', 'Y-M-D'],
};

export const POLAND: Country = {
  code: 'PL',
  spellings: ['PL', 'Polska', 'Poland', 'pl'],
  locale: 'pl-PL',
  timezone: 'Europe/Warsaw',
  currency: 'PLN',
  unitsPerEuro: 4.3,
  women: names('Łucja|Małgorzata|Żaneta|Agnieszka|Zofia|Róża'),
  men: names('Paweł|Michał|Świętosław|Grzegorz|Łukasz|Józef'),
  families: names('Wójcik|Dąbrowska|Kowalska-Nowak|Źrebiec|Gołębiewski|Święch|Łoś'),
  places: places(
    'Łódź;łódzkie;90-001',
    'Kraków;Małopolskie;31-000',
    'Gdańsk;pomorskie;80-831',
    'Warszawa;-;00-950,02495',
  ),
  streets: ['ul. Świętokrzyska ##/#', 'al. Niepodległości 1##', 'pl. Żołnierza #'],
  phones: ['+48 22 000 00 ##', '22 000 00 ##', '0048 12 000 00 ##'],
  birthdays: ['D.M.Y', 'Y-M-D'],
};

export const GREECE: Country = {
  code: 'GR',
  spellings: ['GR', 'Ελλάδα', 'Greece', 'gr'],
  locale: 'el-GR',
  timezone: 'Europe/Athens',
  currency: 'EUR',
  unitsPerEuro: 1,
  women: names('Ελένη/eleni|Μαρία/maria|Κατερίνα/katerina|Ευαγγελία/evangelia|Δέσποινα/despoina'),
  men: names('Γιώργος/giorgos|Νίκος/nikos|Οδυσσέας/odysseas|Χρήστος/christos|ΣΠΥΡΟΣ/spyros'),
  families: names(
    'Παπαδόπουλος/papadopoulos|Αγγελής/angelis|Οικονόμου/oikonomou|Βλάχος/vlachos|Ζαχαρίας/zacharias',
  ),
  places: places(
    'Αθήνα;Αττική;105 57,11521',
    'Θεσσαλονίκη;-;546 24',
    'Ηράκλειο;Κρήτη;71201',
    'Πάτρα;-;26221',
  ),
  streets: ['Οδός Ερμού ##', 'Λεωφ. Συγγρού 1##', 'Πλατεία Αριστοτέλους #'],
  phones: ['+30 210 000 00##', '210 0000 0##', '00302310000###'],
  birthdays: ['D/M/Y', 'Y-M-D'],
};

export const UKRAINE: Country = {
  code: 'UA',
  spellings: ['UA', 'Україна', 'Ukraine', 'ua'],
  locale: 'uk-UA',
  timezone: 'Europe/Kyiv',
  currency: 'UAH',
  unitsPerEuro: 45,
  women: names('Олена/olena|Марія/mariia|Соломія/solomiia|Ірина/iryna|Євгенія/yevheniia'),
  men: names('Олександр/oleksandr|Андрій/andrii|Їжак/yizhak|Тарас/taras|Дмитро/dmytro'),
  families: names(
    'Шевченко/shevchenko|Ковальчук/kovalchuk|Лук’яненко/lukianenko|Мельник/melnyk|Бойко/boiko',
  ),
  places: places(
    'Київ;-;01001,03150',
    'Львів;Львівська область;79000',
    'Одеса;-;65000',
    "Кам'янець-Подільський;Хмельницька обл.;32300",
  ),
  streets: ['вул. Хрещатик, ##', 'просп. Свободи, #', "вул. Кам'яна, 1##"],
  phones: ['+380 44 000 00 ##', '044 000-00-##', '00380320000###'],
  birthdays: ['D.M.Y', 'Y-M-D'],
};
