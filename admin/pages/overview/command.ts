const starts =
  /^(npx|npm|rowhook|psql|alter|create|drop|select|grant|revoke|update|delete|insert|begin|commit|set|reset|vacuum|analyze)\s/i;

/** Whether what mends something is a command for a shell or a database (each of its lines), and not a sentence. */
export function isCommand(fix: string): boolean {
  return fix.split('\n').every((line) => starts.test(line) && !/[a-z]\.$/.test(line));
}
