import pg from 'pg';

type Parse = (text: string) => unknown;

const bool: Parse = (text) => text === 't';
const json: Parse = (text) => JSON.parse(text);
/** `2018-04-04 11:39:57.123+02` in ISO 8601. */
const timestamp: Parse = (text) => new Date(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'));

// Its published type is not that of what is exported.
const { create } = pg.types.arrayParser as unknown as {
  create(source: string, entry: Parse): { parse(): unknown[] };
};
const array =
  (entry: Parse): Parse =>
  (text) =>
    create(text, (value) => (value === null ? null : entry(value))).parse();

/** By type oid, see pg_type. What is not listed stays text: bigint and numeric would lose digits as numbers. */
const parsers: ReadonlyMap<number, Parse> = new Map<number, Parse>([
  [16, bool],
  [17, (text) => pg.types.getTypeParser(17)(text)], // bytea
  [21, Number], // int2
  [23, Number], // int4
  [26, Number], // oid
  [700, Number], // float4
  [701, Number], // float8
  [114, json],
  [3802, json], // jsonb
  [1184, timestamp], // timestamptz
  [1000, array(bool)],
  [1003, array(String)], // name[]
  [1005, array(Number)], // int2[]
  [1007, array(Number)], // int4[]
  [1009, array(String)], // text[]
  [1015, array(String)], // varchar[]
  [1016, array(String)], // int8[]
  [1185, array(timestamp)],
  [2951, array(String)], // uuid[]
]);

/**
 * How values are read on connections of ours, and on an application's that runs our statements: as pg does by default. The
 * application may have set other parsers for the whole process (timestamps as strings, say), which are not for us.
 */
export const resultTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number) => parsers.get(oid) ?? String) as pg.CustomTypesConfig['getTypeParser'],
};
