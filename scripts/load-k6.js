// load-k6.js: the load test of /data, for k6 (https://k6.io). It expresses the
// same as load.lua does for the built-in generator.
//
//   PORT=8080 k6 run scripts/load-k6.js
//   BASE=http://127.0.0.1:8080 k6 run -u 50 -d 1m scripts/load-k6.js
//   RATE=100 DURATION=30s k6 run scripts/load-k6.js     requests per second
import http from 'k6/http';
import { check, sleep } from 'k6';

const BASE = __ENV.BASE || `http://127.0.0.1:${__ENV.PORT || 8080}`;

const DURATION = __ENV.DURATION || '10s';

// With RATE: as many requests a second, however fast they are answered.
const load = __ENV.RATE
  ? { scenarios: { data: {
      executor: 'constant-arrival-rate', rate: Number(__ENV.RATE),
      duration: DURATION, preAllocatedVUs: 100 } } }
  : { vus: 10, duration: DURATION };

export const options = {
  ...load,
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
