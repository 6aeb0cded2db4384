import { expect } from 'chai';
import { parseEndpointUrl, shownUrl } from '../../src/wire/endpoint-url.ts';

describe('the URL of an endpoint', () => {
  for (const [text, href] of [
    ['https://hooks.example.net/ss?key=1', 'https://hooks.example.net/ss?key=1'],
    ['http://hooks.example.net', 'http://hooks.example.net/'],
    ['HTTPS://Hooks.Example.NET:8443/A', 'https://hooks.example.net:8443/A'],
    ['http://0x7f.1/', 'http://127.0.0.1/'],
    ['http://2130706433/', 'http://127.0.0.1/'],
    ['http://０１２７.0.0.1/', 'http://87.0.0.1/'],
    ['http://[::ffff:127.0.0.1]/', 'http://[::ffff:7f00:1]/'],
  ] as const) {
    it(`reads ${text} as ${href}`, () => {
      const parsed = parseEndpointUrl(text);
      expect('url' in parsed && parsed.url.href).to.equal(href);
    });
  }

  for (const [text, problem] of [
    ['', 'is not an absolute URL'],
    ['/hook', 'is not an absolute URL'],
    ['hooks.example.net', 'is not an absolute URL'],
    ['http://', 'is not an absolute URL'],
    ['http://[::1', 'is not an absolute URL'],
    ['ftp://hooks.example.net/', 'scheme "ftp"'],
    ['file:///etc/passwd', 'scheme "file"'],
    ['javascript:alert(1)', 'scheme "javascript"'],
    ['hooks.example.net:8080/x', 'scheme "hooks.example.net"'],
    ['https://user:pw@hooks.example.net/', 'user name or password'],
    ['https://user@hooks.example.net/', 'user name or password'],
    ['https://hooks.example.net:0/', 'port 0'],
    ['https://hooks.exam\tple.net/', 'has a control character'],
    ['https://hooks.example.net/a\nb', 'has a control character'],
    ['https://hooks.example.net/\r\n', 'has a control character'],
    ['\u0001https://hooks.example.net/', 'has a control character'],
    ['https://hooks.example.net/\u007f', 'has a control character'],
    ['https://hooks.example.net/\u0085', 'has a control character'],
  ] as const) {
    it(`refuses ${JSON.stringify(text)}: it ${problem}`, () => {
      const parsed = parseEndpointUrl(text);
      expect('problem' in parsed && parsed.problem).to.include(problem);
    });
  }
});

describe('the URL of an endpoint, as logs and attempts keep it', () => {
  for (const [text, shown] of [
    ['https://hooks.example.net', 'https://hooks.example.net'],
    ['https://hooks.example.net:8443/A/b', 'https://hooks.example.net:8443/A/b'],
    ['https://hooks.example.net/a?', 'https://hooks.example.net/a'],
    ['https://hooks.example.net/a?token=s3cret', 'https://hooks.example.net/a?token=[hidden]'],
    ['https://hooks.example.net/a?s3cret', 'https://hooks.example.net/a?[hidden]'],
    ['https://hooks.example.net/a?=s3cret', 'https://hooks.example.net/a?=[hidden]'],
    ['https://hooks.example.net/a?v=&s=s3cret=s3cret', 'https://hooks.example.net/a?v=&s=[hidden]'],
    ['https://hooks.example.net/a?v=1&&s3cret', 'https://hooks.example.net/a?v=[hidden]&&[hidden]'],
    ['https://hooks.example.net/a?b#s3cret', 'https://hooks.example.net/a?[hidden]'],
    ['https://hooks.example.net/a#s3cret', 'https://hooks.example.net/a'],
    ['https://user:s3cret@hooks.example.net/a', 'https://hooks.example.net/a'],
    ['s3cret@', ''],
  ] as const) {
    it(`is ${shown || 'nothing'} for ${text}`, () => {
      expect(shownUrl(text)).to.equal(shown);
    });
  }
});
