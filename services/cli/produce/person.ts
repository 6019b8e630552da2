import { hash } from 'node:crypto';
import { Faker } from '@faker-js/faker';
import type { Country } from './countries.ts';
import type { Random } from './random.ts';

const MAIL_HOSTS = ['example.com', 'example.org', 'example.net'];

/** How people and forms spell a name; mostly unchanged. */
const SPELLINGS: readonly ((name: string) => string)[] = [
  (name) => name.toUpperCase(),
  (name) => name.toLowerCase(),
  (name) => ` ${name} `,
  (name) => name.normalize('NFD'),
];
const UNUSUAL_SPELLING = 0.16;

/** A person who filled in a form more or less completely. */
export interface Person {
  readonly email: string;
  /** `context.traits`, an object as JSON; the e-mail address may be missing. */
  readonly traits: string;
}

export function makePerson(country: Country, random: Random): Person {
  const faker = fakerOf(country, random);
  const sex = random.chance(0.5) ? 'female' : 'male';
  const firstName = faker.person.firstName(sex);
  const lastName = faker.person.lastName(sex);
  const spell = random.chance(UNUSUAL_SPELLING) ? random.pick(SPELLINGS) : (name: string) => name;
  const some = <T>(share: number, value: T): T | undefined =>
    random.chance(share) ? value : undefined;
  const email = makeEmail(faker.internet.username({ firstName, lastName }), random);
  const traits = {
    email: some(0.9, email),
    firstName: some(0.92, spell(firstName)),
    lastName: some(0.92, spell(lastName)),
    phone: some(0.65, random.digits(random.pick(country.phones))),
    birthday: some(0.4, makeBirthday(country, random)),
    gender: some(0.3, random.pick(sex === 'female' ? ['f', 'female', 'F'] : ['m', 'male', 'Male'])),
    address: some(0.85, makeHome(country, faker, random)),
    createdAt: some(0.5, `20${random.between(18, 25)}-0${random.between(1, 9)}-11T08:00:00Z`),
  };
  return { email, traits: JSON.stringify(traits) };
}

const fakers = new WeakMap<Random, Map<Country, Faker>>();

/** Draws from `random`, so that one seed determines everything. */
function fakerOf(country: Country, random: Random): Faker {
  const own = fakers.get(random) ?? new Map<Country, Faker>();
  fakers.set(random, own);
  const known = own.get(country);
  if (known !== undefined) return known;
  const randomizer = { next: () => random.bits() / 2 ** 32, seed: () => {} };
  const faker = new Faker({ locale: [...country.locales], randomizer });
  own.set(country, faker);
  return faker;
}

/** One in fifty is hashed already, one in twenty was typed carelessly. */
function makeEmail(username: string, random: Random): string {
  const local = `${username.toLowerCase()}${random.chance(0.25) ? '+shop' : ''}`;
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

function makeHome(
  country: Country,
  { location }: Faker,
  random: Random,
): Record<string, string | undefined> {
  const postalCode = location.zipCode();
  return {
    street: random.chance(0.7) ? location.streetAddress() : undefined,
    city: location.city(),
    state: random.chance(0.7) ? location.state({ abbreviated: random.chance(0.5) }) : undefined,
    postalCode: random.chance(0.95) ? respell(postalCode, country, random) : undefined,
    country: random.chance(0.9) ? random.pickEarly(country.spellings) : undefined,
  };
}

/** One in twenty codes in lower case, or in full-width characters where keyboards write those. */
function respell(postalCode: string, { code }: Country, random: Random): string {
  if (!random.chance(0.05)) return postalCode;
  if (code !== 'JP') return postalCode.toLowerCase();
  return postalCode.replace(/[!-~]/g, (each) => String.fromCharCode(each.charCodeAt(0) + 0xfee0));
}
