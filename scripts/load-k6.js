// load-k6.js: the load test of /data, for k6 (https://k6.io). It expresses the
// same as load.lua does for the built-in generator.
//
//   PORT=8080 k6 run scripts/load-k6.js
//   BASE=http://127.0.0.1:8080 k6 run -u 50 -d 1m scripts/load-k6.js
import http from 'k6/http';
import { check, sleep } from 'k6';

const BASE = __ENV.BASE || `http://127.0.0.1:${__ENV.PORT || 8080}`;

export const options = {
  vus: 10,
  duration: '10s',
  thresholds: {
    checks: ['rate==1'],
    http_req_failed: ['rate<0.01'],
    http_req_duration: ['p(95)<1000'],
  },
};

export default function () {
  const res = http.get(`${BASE}/data`);
  check(res, {
    'status is 200': (r) => r.status === 200,
    'body is not empty': (r) => r.body.length > 0,
  });
  sleep(0.01);
}
