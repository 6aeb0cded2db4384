/**
 * What becomes of a URL before anything is connected to:
 *
 * - `blocked`: it is an address that no request may go to
 * - `open`: it is a public address, so that a request goes there
 * - `name`: what it resolves to decides
 * - `no url`: it cannot be registered, and is not called
 */
export type Fate = 'blocked' | 'open' | 'name' | 'no url';

/** Texts with white space between them. */
const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Hosts as they stand in a URL between `https://` and the port, by what they stand for. */
export const hosts: ReadonlyArray<readonly [what: string, fate: Fate, hosts: readonly string[]]> = [
  [
    'this machine',
    'blocked',
    words(`
      127.0.0.1 127.0.0.0 127.1.2.3 127.255.255.254 127.255.255.255 0.0.0.0 0.1.2.3
    `),
  ],
  [
    'this machine, in short, octal, hexadecimal and whole',
    'blocked',
    words(`
      127.1 127.0.1 127.65535 0 00 0.0 0.0.0 0x 0x0 0x.0x.0x.0x 000000000000 0x7f.0.0.1 0X7F.0.0.1 0x7f.1 0x7f.0x0.0x0.0x1
      0x0000007f.0.0.1 0x7f000001 0x7F000001 0177.0.0.1 0177.1 00000177.0.0.1 0177.0.0.0x1 017700000001 00017700000001
      2130706433 127.0x0.0.01 127.00000000000000000001
    `),
  ],
  [
    'this machine, with a dot behind',
    'blocked',
    words(`
      127.0.0.1. 127.1. 0x7f.1. 0x7F000001. 2130706433. 0. 017700000001.
    `),
  ],
  [
    'this machine, percent-encoded',
    'blocked',
    words(`
      %31%32%37.0.0.1 127%2e0%2e0%2e1 127%2E0.0%2E1 127.0.0.%31 %30x7f.1 0%787f.1 2%3130706433
    `),
  ],
  [
    'this machine, in digits and dots that IDN maps to ours',
    'blocked',
    words(`
      １２７.0.0.1 ①②⑦.⓪.⓪.① 𝟏𝟐𝟕.𝟎.𝟎.𝟏 𝟙𝟚𝟟.0.0.1 ¹²⁷.⁰.⁰.¹ ₁₂₇.₀.₀.₁ 127。0。0。1 127．0．0．1 127｡0｡0｡1 127。1。 0ｘ7ｆ.1
      ２１３０７０６４３３ 127%C2%AD.0.0.1 127.0.0.1%E2%80%8B %EF%BC%91%EF%BC%92%EF%BC%97.0.0.1 127%E3%80%820.0.1
    `),
  ],
  [
    'private networks',
    'blocked',
    words(`
      10.0.0.1 10.1 10.255.255.255 167772161 0xa000001 012.0.0.1 012.1 ⑩.0.0.1 172.16.0.1 172.16.1 172.31.255.255 2886729729
      0xac100001 0254.020.0.1 172.1048577 192.168.0.1 192.168.1 192.168.255.255 3232235521 0xc0a80001 0300.0250.0.1 192.11010305
    `),
  ],
  [
    'link-local and metadata',
    'blocked',
    words(`
      169.254.169.254 169.254.169.254. 169.254.43518 169.16689662 2852039166 0xa9fea9fe 0xA9.0xFE.0xA9.0xFE 0251.0376.0251.0376
      0251.254.169.254 ①⑥⑨.②⑤④.①⑥⑨.②⑤④ 169。254。169。254 %31%36%39.254.169.254 169.254.0.1 169.254.0.23 169.254.170.2
      169.254.255.255 100.100.100.200 192.0.0.192 168.63.129.16 168.63.33040 0xa83f8110 2822734096
    `),
  ],
  [
    'shared by carriers (CGNAT)',
    'blocked',
    words(`
      100.64.0.0 100.64.0.1 100.127.255.255 1681915905
    `),
  ],
  [
    'reserved, for documentation and benchmarks',
    'blocked',
    words(`
      192.0.0.1 192.0.0.8 192.0.0.170 192.0.2.1 198.51.100.1 203.0.113.1 198.18.0.1 198.19.255.255 192.31.196.1 192.52.193.1
      192.88.99.1 192.175.48.1 240.0.0.1 250.0.0.1 255.255.255.255 4294967295 0xffffffff 037777777777
    `),
  ],
  [
    'multicast',
    'blocked',
    words(`
      224.0.0.1 224.0.0.251 233.252.0.1 239.255.255.250 239.255.255.255
    `),
  ],
  [
    'public IPv4',
    'open',
    words(`
      8.8.8.8 1.1.1.1 8.8.8.8. 134744072 0x08080808 8.8.2056 ⑧.⑧.⑧.⑧ ８。８。８。８ 010.0.0.1 1.0.0.0 9.255.255.255 11.0.0.0
      100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0
      192.0.3.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0
      223.255.255.255 168.63.129.15 168.63.129.17
    `),
  ],
  [
    'numbers that are no address',
    'no url',
    words(`
      256.0.0.1 127.0.0.256 4294967296 0x100000000 127.0.65536 127.16777216 127.0.0.1.5 127..1 .127.0.0.1 1.2.3.08 09.0.0.1
      example.127 localhost.0x7f000001
    `),
  ],
  [
    'this machine in IPv6',
    'blocked',
    words(`
      [::1] [::] [0:0:0:0:0:0:0:1] [0000:0000:0000:0000:0000:0000:0000:0001] [::0001] [::0.0.0.1] [0::1] [::0:1]
      [0:0:0:0:0:0:0:0]
    `),
  ],
  [
    'IPv4 mapped into IPv6',
    'blocked',
    words(`
      [::ffff:127.0.0.1] [::FFFF:7F00:1] [0:0:0:0:0:ffff:127.0.0.1] [::ffff:10.0.0.1] [::ffff:169.254.169.254]
      [::ffff:a9fe:a9fe] [::ffff:192.168.1.1] [::ffff:0.0.0.0] [::ffff:100.64.0.1] [::ffff:168.63.129.16] [::ffff:224.0.0.1]
      [::ffff:255.255.255.255]
    `),
  ],
  [
    'IPv4 in IPv6 in other ways (compatible, translated, NAT64, 6to4, Teredo, ISATAP)',
    'blocked',
    words(`
      [::127.0.0.1] [::7f00:1] [::8.8.8.8] [::ffff:0:127.0.0.1] [::ffff:0:8.8.8.8] [64:ff9b::127.0.0.1] [64:ff9b::7f00:1]
      [64:ff9b::a9fe:a9fe] [64:ff9b::10.0.0.1] [64:ff9b::168.63.129.16] [64:ff9b:1::8.8.8.8] [64:ff9b:1:ffff::1]
      [64:ff9b:0:1::8.8.8.8] [2002:7f00:1::] [2002:a9fe:a9fe::1] [2002:c0a8:101::1] [2002:808:808::1] [2002::1] [2001::1]
      [2001:0:7f00:1::1] [2001:0:4136:e378:8000:63bf:3fff:fdd2] [2001:0:808:808::1] [2606:4700::5efe:7f00:1]
      [2606:4700::200:5efe:a00:1] [2001:4860::5efe:169.254.169.254]
    `),
  ],
  [
    'IPv6 of one link, one site, or many receivers',
    'blocked',
    words(`
      [fe80::1] [fe80::a9fe:a9fe] [FE80::1] [febf::1] [fec0::1] [feff::1] [fc00::1] [fd00::1] [fdff:ffff::1] [fd00:ec2::254]
      [fd20:ce::254] [ff00::1] [ff02::1] [ff05::1:3] [ff0e::1] [ffff::1]
    `),
  ],
  [
    'reserved IPv6, for documentation and benchmarks, and what nobody has been given',
    'blocked',
    words(`
      [2001:db8::1] [2001:DB8:ffff::1] [3fff::1] [3fff:fff::1] [2001:2::1] [2001:3::1] [2001:4:112::1] [2001:10::1] [2001:20::1]
      [2001:30::1] [2001:1::1] [2001:1ff::1] [2620:4f:8000::1] [100::1] [100:0:0:1::1] [5f00::1] [200::1] [400::1] [1::1]
      [1fff::1] [4000::1] [8000::1] [e000::1] [fe00::1]
    `),
  ],
  [
    'public IPv6',
    'open',
    words(`
      [2606:4700:4700::1111] [2001:4860:4860::8888] [2A00:1450:4009:815::200E] [2001:200::1] [3fff:1000::1] [2003::1]
      [2606:4700::5eff:7f00:1] [::ffff:8.8.8.8] [64:ff9b::8.8.8.8]
    `),
  ],
  [
    'zone ids, and what is no IPv6 address',
    'no url',
    words(`
      [fe80::1%eth0] [fe80::1%25eth0] [::1%25lo] [::1%lo] [fe80::1%251] [2606:4700::1%25eth0] [::1 [::1]x [:::1] [::12345]
      [1::2::3] [::127.1] [::ffff:127.1] [::ffff:0x7f.0.0.1] [::ffff:0177.0.0.1] [127.0.0.1] [] ::1 [::%31] [：：1] [::１] [v1.::1]
      %5B::1%5D
    `),
  ],
  [
    'bytes that no host has',
    'no url',
    words(`
      127.0.0.1%00 127.0.0.1%09 127.0.0.1%0a 127.0.0.1%0d%0aHost:a 127.0.0.1%20 127.0.0.1%2f 127.0.0.1%40a 127.0.0.1%23
      127.0.0.1%3a80 a<b a^b a|b %zz %
    `),
  ],
  [
    'names that lead to this machine, or might',
    'name',
    words(`
      localhost LOCALHOST localhost. ⓛⓞⓒⓐⓛⓗⓞⓢⓣ loc%61lhost ip6-localhost a.localhost metadata.google.internal 127.0.0.1.nip.io
      7f000001.example 127.0.0.1.example. 0x7f.1.example 127-0-0-1.example 127.0.0.1.. 127.0.0.1a 1e9 ٠.example xn--nxasmq6b
      aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example
    `).concat(`${'a.'.repeat(120)}example`, `${'a'.repeat(300)}.example`),
  ],
];

/** Whole URLs that one program may read in another way than the next: the one that is judged must be the one that is called. */
export const urls: ReadonlyArray<readonly [fate: Fate, urls: readonly string[]]> = [
  [
    'blocked',
    [
      ...words(String.raw`
        https:127.0.0.1/ https:/127.0.0.1/ https:////127.0.0.1/ https:\\127.0.0.1/ HTTPS://127.0.0.1/ https://127.0.0.1\.8.8.8.8/
        https://127.0.0.1\@8.8.8.8/ https://127.0.0.1/@8.8.8.8/ https://127.0.0.1?@8.8.8.8/ https://127.0.0.1#@8.8.8.8/
        https://127.0.0.1/..//8.8.8.8/ https://127.0.0.1:00443/ https://[::1]:443/ https://0/x?y=http://8.8.8.8
      `),
      ' https://127.0.0.1/',
    ],
  ],
  [
    'open',
    [
      ...words(String.raw`
        https://8.8.8.8\@127.0.0.1/ https://8.8.8.8#@127.0.0.1/ https://8.8.8.8?@127.0.0.1/ https://8.8.8.8/@127.0.0.1/
        https://8.8.8.8/http://127.0.0.1/ https://8.8.8.8//127.0.0.1/
      `),
    ],
  ],
  [
    'no url',
    [
      ...words(`
        https://8.8.8.8@127.0.0.1/ https://127.0.0.1@8.8.8.8/ https://8.8.8.8:443@127.0.0.1/ https://:@127.0.0.1:1:2/
        https://a%40b@127.0.0.1/ https://127.0.0.1:0/ https://127.0.0.1:65536/ https://127.0.0.1:４４３a/ https://127.0.0.1:-1/
        //127.0.0.1/ 127.0.0.1 127.0.0.1/ /etc/passwd https:// https:/// https://?a https://#a file:///etc/passwd
        file://127.0.0.1/ ftp://127.0.0.1/ gopher://127.0.0.1:6379/_x dict://127.0.0.1/ unix:/var/run/docker.sock
        http+unix://%2Fvar%2Frun%2Fdocker.sock/ data:text/plain,x javascript:alert(1) blob:https://127.0.0.1/x ws://127.0.0.1/
        jar:https://127.0.0.1!/ view-source:https://127.0.0.1/
      `),
      'https://127.0.0.1\t/',
      'https://127.0.0.1\r\n/',
      'ht\ntps://127.0.0.1/',
      'https://127.0.0.1:8 0/',
      'https://local host/',
      '',
    ],
  ],
];
