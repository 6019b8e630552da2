import { hash } from 'node:crypto';
import type { Country, Name } from './countries/country.ts';
import type { Random } from './random.ts';

const MAIL_HOSTS = ['example.com', 'example.org', 'example.net'];
const MAIL_FORMS: readonly ((given: string, family: string, number: number) => string)[] = [
  (given, family) => `${given}.${family}`,
  (given, family, number) => `${given}.${family}${number}`,
  (given, family) => `${given.slice(0, 1)}${family}`,
  (given, _, number) => `${given}${number}+shop`,
];

/** How people and forms spell a name: mostly as it is. */
const SPELLINGS: readonly ((name: string) => string)[] = [
  (name) => name,
  (name) => name.toUpperCase(),
  (name) => name.toLowerCase(),
  (name) => ` ${name} `,
  (name) => name.normalize('NFD'),
];
const AS_IT_IS = 0.8;

/** Somebody who filled in a form more or less completely. */
export interface Person {
  readonly email: string;
  /** `context.traits`, an object as JSON; the e-mail address may be missing. */
  readonly traits: string;
}

export function makePerson(country: Country, random: Random): Person {
  const female = random.chance(0.5);
  const given = random.pick(female ? country.women : country.men);
  const family = random.pick(country.families);
  const spell = random.chance(AS_IT_IS) ? SPELLINGS[0] : random.pick(SPELLINGS);
  const spelled = (name: Name): string =>
    spell === undefined ? name.written : spell(name.written);
  const some = <T>(share: number, value: T): T | undefined =>
    random.chance(share) ? value : undefined;
  const email = makeEmail(given, family, random);
  const traits = {
    email: some(0.9, email),
    firstName: some(0.92, spelled(given)),
    lastName: some(0.92, spelled(family)),
    phone: some(0.65, random.digits(random.pick(country.phones))),
    birthday: some(0.4, makeBirthday(country, random)),
    gender: some(0.3, random.pick(female ? ['f', 'female', 'F'] : ['m', 'male', 'Male'])),
    address: some(0.85, makeHome(country, random)),
    createdAt: some(0.5, `20${random.between(18, 25)}-0${random.between(1, 9)}-11T08:00:00Z`),
  };
  return { email, traits: JSON.stringify(traits) };
}

/** One in fifty comes hashed already, one in twenty as careless fingers typed it. */
function makeEmail(given: Name, family: Name, random: Random): string {
  const form = random.pick(MAIL_FORMS);
  const local = form(given.latin, family.latin, random.below(1000));
  const email = `${local}@${random.pick(MAIL_HOSTS)}`;
  if (random.chance(0.02)) return hash('sha256', email);
  return random.chance(0.05) ? ` ${email.slice(0, 1).toUpperCase()}${email.slice(1)}` : email;
}

function makeBirthday(country: Country, random: Random): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  return random
    .pick(country.birthdays)
    .replace('Y', String(random.between(1940, 2007)))
    .replace('M', two(random.between(1, 12)))
    .replace('D', two(random.between(1, 28)));
}

function makeHome(country: Country, random: Random): Record<string, string | undefined> {
  const place = random.pickEarly(country.places);
  return {
    street: random.chance(0.7) ? random.digits(random.pick(country.streets)) : undefined,
    city: place.city,
    state: place.state ?? undefined,
    postalCode: random.chance(0.95) ? random.pick(place.postalCodes) : undefined,
    country: random.chance(0.9) ? random.pickEarly(country.spellings) : undefined,
  };
}
