import { quoteName } from '../catalog/table-name.ts';
import { RowhookError } from '../errors.ts';
import { sqlState } from './connect.ts';

/** How the server names what was refused; in another language than English we can only repeat it. */
const refused = /(?:permission denied for|must be owner of) ((?:materialized )?\w+) (.+)$/;

const grants: Readonly<Record<string, string>> = {
  database: 'GRANT CREATE ON DATABASE',
  schema: 'GRANT USAGE ON SCHEMA',
  table: 'GRANT SELECT ON TABLE',
  view: 'GRANT SELECT ON TABLE',
  sequence: 'GRANT USAGE ON SEQUENCE',
  function: 'GRANT EXECUTE ON FUNCTION',
};

/** Who owns something that another role would like to use. */
export interface Owner {
  readonly name: string;
  readonly superuser: boolean;
}

/**
 * What the server refused to this role, as `privilege_missing` with the GRANT to run; any other error as it is.
 * @param owner of the schema rowhook: to be a member of it is all that our own objects ask for
 */
export function explainPrivilege(error: unknown, role: string, owner?: Owner | undefined): unknown {
  if (sqlState(error) !== '42501' || error instanceof RowhookError) return error;
  const message = (error as Error).message;
  const [, kind = '', name = ''] = refused.exec(message) ?? [];
  const grant = grants[kind];
  const fix = owner
    ? membership(owner, role)
    : message.includes('must be owner') || !grant
      ? `Run this as the role that owns ${name || 'it'}, or make ${quoteName(role)} a member of that role.`
      : `${grant} ${name} TO ${quoteName(role)};`;
  return new RowhookError('privilege_missing', `role ${quoteName(role)}: ${message}`, {
    ...(name ? { where: name } : {}),
    fix,
    cause: error,
  });
}

/** The GRANT that lets a role do what the owner may. Never one that would make it a superuser. */
export function membership(owner: Owner, role: string): string {
  return owner.superuser
    ? `Run this as ${quoteName(owner.name)}, or let an ordinary role own it.`
    : `GRANT ${quoteName(owner.name)} TO ${quoteName(role)};`;
}
