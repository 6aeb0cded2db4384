import { anyOf, between } from '../../../demo/chance.ts';

const first = [
  ...[
    'Amara',
    'Ben',
    'Chiara',
    'Dmitri',
    'Elif',
    'Farid',
    'Grace',
    'Hiro',
    'Ines',
    'Jonas',
    'Kwame',
    'Lena',
    'Mateo',
  ],
  ...['Noor', 'Olu', 'Priya', 'Quinn', 'Rosa', 'Sven', 'Tariq', 'Uma', 'Vera', 'Wanda', 'Xiu', 'Yara', 'Zoë'],
];
const last = [
  ...[
    'Abebe',
    'Bianchi',
    'Castillo',
    'Dubois',
    'Eriksen',
    'Fischer',
    'García',
    'Haddad',
    'Ivanova',
    'Jansen',
  ],
  ...[
    'Kowalski',
    'Lindqvist',
    'Moreau',
    'Nakamura',
    'Okafor',
    'Petrov',
    'Quispe',
    'Rossi',
    'Sato',
    'Tanaka',
    'Weber',
  ],
];
const streets = [
  'Harbor Rd',
  'Alder St',
  'Mill Lane',
  'Hafenweg',
  'Rue du Lac',
  'Elm Ave',
  'Via Roma',
  'Cedar Ct',
];
const places = ['Portland', 'Seattle', 'Linz', 'Graz', 'Astoria', 'Salem', 'Tacoma', 'Eugene'];

export const anyName = () => ({ firstname: anyOf(first), lastname: anyOf(last) });
export const anyPlace = () => ({ address1: `${between(1, 199)} ${anyOf(streets)}`, city: anyOf(places) });
export const anyNumber = () => `(503) 555-0${between(100, 199)}`;
export const anyAmount = () => anyOf(['5.00', '10.00', '25.00', '40.00', '75.00', '120.00', '250.00']);
