/** Each forbidden import has a sentence why. @type {import('dependency-cruiser').IConfiguration} */
const ROOMS = 'auth|users|credits|storage|database|functions|realtime|health|supabase';

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'A cycle means a room is missing, or a rule lives in the wrong one.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'platform-knows-no-room',
      comment: 'The cellar carries the house; it does not know who lives there.',
      severity: 'error',
      from: { path: '^src/platform/' },
      to: { path: `^src/(${ROOMS})/` },
    },
    {
      name: 'rooms-meet-at-the-door',
      comment: 'A room sees another only through its module, its services, its decorators and its types.',
      severity: 'error',
      from: { path: `^src/(${ROOMS})/` },
      to: {
        path: `^src/(${ROOMS})/`,
        pathNot: ['^src/$1/', '\\.(module|service|decorator|types)\\.ts$', '^src/supabase/[^/]+\\.ts$'],
      },
    },
    {
      name: 'only-supabase-imports-supabase',
      comment: 'One room knows the upstream and maps its errors; the others use its services.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/supabase/' },
      to: { path: 'node_modules/@supabase/' },
    },
    {
      name: 'sql-only-in-repositories',
      comment: 'Rows are reached through a repository, so that each query has a name and an owner.',
      severity: 'error',
      from: {
        path: `^src/(${ROOMS})/`,
        pathNot: ['\\.(repository|store|module)\\.ts$', '\\.cli\\.ts$', '\\.spec\\.ts$'],
      },
      to: { path: '^src/platform/database/database\\.service\\.ts$' },
    },
    {
      name: 'api-does-not-know-the-local-supabase',
      comment: 'The API meets the local Supabase over HTTP and SQL, as it meets any other.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^packages/' },
    },
    {
      name: 'client-stands-alone',
      comment: 'The client is installed without the API; what it knows of it is the OpenAPI document.',
      severity: 'error',
      from: { path: '^packages/client/' },
      to: { path: ['^src/', '^packages/(?!client/)', 'node_modules/@nestjs/'] },
    },
    {
      name: 'browsers-load-no-node',
      comment: 'What the main entry reaches runs in browsers; the rest has paths of its own.',
      severity: 'error',
      from: { path: '^packages/client/src/(tensors/)?index\\.ts$' },
      to: {
        reachable: true,
        path: ['^(node:|fs|path|os|crypto)', 'node_modules/(proper-lockfile|write-file-atomic)/'],
      },
    },
    {
      name: 'no-orphans',
      comment: 'Code nobody reaches is deleted.',
      severity: 'error',
      from: { orphan: true, pathNot: ['\\.spec\\.ts$', '\\.cli\\.ts$', '\\.types\\.ts$'] },
      to: {},
    },
    {
      name: 'no-dev-dependencies-in-the-product',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.(spec|cases|fixture)\\.ts$' },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
};
