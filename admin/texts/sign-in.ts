/** The words of the sign-in. */
export const signInWords = {
  title: 'Sign in',
  token: 'Token',
  hint: 'One of those in ROWHOOK_ADMIN_TOKENS. Without any, “rowhook start” prints an address that signs in.',
  missing: 'Type a token first.',
  action: 'Sign in',
  expired: 'Your session has ended. Sign in again to go on where you were.',
  linkRefused:
    'The token of this link is not valid, or no longer: rowhook may have been started anew. Use its newest link, or type a token.',
  wait: (seconds: number) => `Too many tries. Wait ${seconds} s.`,
} as const;
