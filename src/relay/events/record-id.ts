/** Tells a record from all others. */
export interface RecordName {
  readonly resourceName: string;
  readonly key: string;
}

/** The same as one text, for maps. */
export const recordId = ({ resourceName, key }: RecordName): string => `${resourceName} ${key}`;
