// Imports run one way: cli, admin -> daemon -> relay, delivery, capture -> store -> catalog, wire -> ground.
const rooms = [
  ['ground', '^src/(errors|lifetime|similar|pace|uuid-time|loopback)\\.ts$', []],
  ['catalog', '^src/catalog/', ['ground', 'catalog']],
  ['wire', '^src/wire/', ['ground', 'wire', 'catalog']],
  ['verify', '^src/verify\\.ts$', ['ground', 'wire']],
  ['presets', '^src/presets/', ['ground', 'catalog', 'wire', 'presets']],
  ['store', '^src/store/', ['ground', 'catalog', 'wire', 'store']],
  ['capture', '^src/capture/', ['ground', 'catalog', 'wire', 'store', 'capture']],
  ['sources', '^src/sources/', ['ground', 'catalog', 'sources']],
  ['relay', '^src/relay/', ['ground', 'catalog', 'wire', 'store', 'relay']],
  ['delivery', '^src/delivery/', ['ground', 'catalog', 'wire', 'store', 'delivery']],
  ['governor', '^src/governor/', ['ground', 'catalog', 'wire', 'store', 'governor']],
  ['install', '^src/install/', ['ground', 'catalog', 'wire', 'store', 'capture', 'install']],
  ['check', '^src/check/', ['ground', 'catalog', 'wire', 'store', 'capture', 'relay', 'install', 'check']],
  ['migration', '^src/migration/', ['ground', 'catalog', 'wire', 'store', 'capture', 'install', 'migration']],
  ['drift', '^src/drift/', ['ground', 'catalog', 'wire', 'store', 'capture', 'install', 'drift']],
  [
    'metrics',
    '^src/metrics/',
    ['ground', 'catalog', 'wire', 'store', 'capture', 'install', 'drift', 'metrics'],
  ],
  [
    'explain',
    '^src/explain/',
    [
      ...['ground', 'catalog', 'wire', 'store', 'capture', 'relay', 'delivery', 'install', 'drift'],
      'explain',
    ],
  ],
  ['init', '^src/init/', ['ground', 'catalog', 'wire', 'store', 'init']],
  ['config', '^src/config/', ['ground', 'catalog', 'wire', 'presets', 'delivery', 'config']],
  [
    'admin',
    '^src/admin/',
    [
      ...[
        'ground',
        'catalog',
        'wire',
        'store',
        'capture',
        'relay',
        'delivery',
        'install',
        'drift',
        'metrics',
      ],
      ...['explain', 'config', 'admin'],
    ],
  ],
];
const pathOf = Object.fromEntries(rooms.map(([name, path]) => [name, path]));

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    ...rooms.map(([name, path, allowed]) => ({
      name: `${name}-looks-down-only`,
      severity: 'error',
      from: { path },
      to: { path: '^src/', pathNot: allowed.map((room) => pathOf[room]).concat(path) },
    })),
    {
      name: 'nothing-imports-the-cli',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'nothing-imports-the-admin-page',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(admin/|cli/|daemon\\.ts$|index\\.ts$)' },
      to: { path: '^src/admin/' },
    },
    {
      name: 'page-knows-the-shapes-only',
      comment: 'What runs in browsers takes from the server nothing but the types of what it is told.',
      severity: 'error',
      from: { path: '^admin/' },
      to: { path: '^(src|test|tools|examples|bench)/', pathNot: '^src/admin/shapes/' },
    },
    {
      name: 'page-takes-types-only',
      severity: 'error',
      from: { path: '^admin/' },
      to: { path: '^src/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'source-stands-alone',
      comment: 'The package may not lean on tests, tools, examples or development dependencies.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(admin|test|tools|examples|bench)/' },
    },
    {
      name: 'knex-in-one-place',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(migrations|request-id)\\.ts$' },
      to: { path: 'node_modules/knex', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-these-connect',
      comment:
        'docs/security.md says of each who may tell it where to; whatever a tenant can influence goes through the guard.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot:
          '^src/(delivery/(request/(sockets|transport|tunnel)|guard/(guard|resolver))|sources/http|admin/server|metrics/server)\\.ts$',
      },
      to: {
        path: '(^|node_modules/)(tls|https?2?|dns(/promises)?|dgram|got|undici|node-fetch|axios|ws)(/|$)',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'only-these-know-sockets',
      comment: 'As above; most of them only ask whether a text is an address.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot:
          '^src/(delivery/(request/(sockets|opening|send|tunnel)|guard/(guard|addresses|allow-list))|admin/url-check|explain/tell-delivery|loopback)\\.ts$',
      },
      to: { path: '^net$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '^src/(index|migrations|cli/main|presets/.*)\\.ts$' },
      to: {},
    },
    {
      name: 'not-to-dev',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
