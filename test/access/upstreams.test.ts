import { refusedAddress } from '../../src/access/upstreams/address.js';
import { isBelow } from '../../src/catalog/upstream-path.js';
import t from '../support/tap.js';

t.test('attack 12: a path that a server could read as one outside of what was approved', async (t) => {
  const refused = [
    '/admin',
    '/v2x/people',
    '/',
    'v2/people',
    'http://other.example/v2/people',
    '//other.example/v2/people',
    '/v2/../admin',
    '/v2/..',
    '/v2/.',
    '/v2/./people',
    '/v2/%2e%2e/admin',
    '/v2/%2E%2E/admin',
    '/v2/.%2e/admin',
    '/v2/%252e%252e/admin',
    '/v2/%25252e%25252e/admin',
    '/v2/%2525252e%2525252e/admin',
    '/v2/..;/admin',
    '/v2/..;a=b/admin',
    '/v2/;/admin',
    '/v2/%2e%2e;/admin',
    '/v2/..%3b/admin',
    '/v2/people/..%2f..%2fadmin',
    '/v2/..%5cadmin',
    '/v2/a%2fb',
    '/v2/a%252fb',
    '/v2\\..\\admin',
    '/v2/..\\admin',
    '/v2//admin',
    '/v2///',
    '/v2/%c0%ae%c0%ae/admin',
    '/v2/%e0%80%ae/admin',
    '/v2/%ef%bc%8e%ef%bc%8e/admin',
    '/v2/%ef%bc%8fadmin',
    '/v2/..%20/admin',
    '/v2/%00/admin',
    '/v2/people%0d%0aHost:%20x',
    '/v2/people\r\nHost: x',
    '/v2/people#/../admin',
    '/v2/人口',
    '/v2/%zz',
    '/v2/ people',
    '',
  ];
  for (const path of refused) t.notOk(isBelow(path, '/v2'), JSON.stringify(path));
  for (const path of ['/../admin', '/%2e%2e', '//other.example/', '/a//b', '/..;/admin']) {
    t.notOk(isBelow(path), `${path}, no prefix`);
  }
  const allowed = [
    '/v2',
    '/v2/',
    '/v2?page=2',
    '/v2/people?of=../x//y',
    '/v2/100%25',
    '/v2/%E4%BA%BA%E5%8F%A3/',
    '/v2/a;b=c/d.json',
    '/v2/...x/.well-known',
  ];
  for (const path of allowed) t.ok(isBelow(path, '/v2'), path);
  t.ok(isBelow('/') && isBelow('/people?a=b'));
});

t.test('attack 12: an address that wraps another one, belongs to a cloud, or to nobody', async (t) => {
  const anywhere = { private: true, loopback: true };
  const refused = [
    // IPv4-compatible, IPv4-mapped, translated, NAT64 (also of local use), 6to4, Teredo, ISATAP
    '::7f00:1',
    '::127.0.0.1',
    '::a00:1',
    '::2',
    '::ffff:127.0.0.1',
    '::ffff:0:127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::7f00:1',
    '2002:7f00:1::',
    '2001:0:1::1',
    '2606:4700::5efe:7f00:1',
    '2606:4700::200:5efe:a00:1',
    'fd12::5efe:a00:1',
    // services of clouds
    '169.254.169.254',
    '169.254.170.2',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    'fd00:ec2::254',
    'fd00:ec2::23',
    'fd20:ce::254',
    'fd00:c1::a9fe:a9fe',
    'fd00:42::42',
    'fd12:3456::a9fe:a9fe',
    '2606:4700::a9fe:a9fe',
    'fe80::a9fe:a9fe',
    'fe80::1%lo',
    // given to nobody, or to many
    'fec0::1',
    '4000::1',
    '8000::1',
    '1::1',
    'e000::1',
    '3fff::1',
    '5f00::1',
    '100::1',
    '2001:db8::1',
    'ff02::1',
    '::',
    '0.0.0.0',
    '0.1.2.3',
    '192.0.2.1',
    '198.18.0.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    'localhost',
    '',
  ];
  for (const address of refused) t.ok(refusedAddress(address, anywhere), address);
  for (const address of ['10.1.2.3', '172.16.0.1', '192.168.1.1', '100.64.0.1', 'fd12:3456::1']) {
    t.equal(refusedAddress(address, anywhere), undefined, address);
    t.match(refusedAddress(address, { private: false, loopback: true }), /not approved as private/, address);
  }
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '0:0:0:0:0:0:0:1']) {
    t.match(refusedAddress(address, { private: true, loopback: false }), /loopback/, address);
  }
  for (const address of ['114.114.114.114', '240e::1', '2400:3200::1', '2606:4700:4700::1111']) {
    t.equal(refusedAddress(address, { private: false, loopback: false }), undefined, address);
  }
});
