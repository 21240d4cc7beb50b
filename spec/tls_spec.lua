-- tls_spec.lua: https URLs in `perilune load`, in handlers and in `perilune
-- convert`, against nginx with a certificate that the spec makes.
-- Needs: nginx openssl
local raw_http = require "raw_http"
local support = require "support"

local NGINX = [[
worker_processes 1;
daemon off;
pid FOLDER/nginx.pid;
error_log FOLDER/error.log;
events { worker_connections 1024; }
http {
  log_format plain "$uri $ssl_protocol $ssl_server_name";
  access_log FOLDER/access.log plain;
  client_body_temp_path FOLDER/body;
  proxy_temp_path FOLDER/proxy;
  fastcgi_temp_path FOLDER/fastcgi;
  uwsgi_temp_path FOLDER/uwsgi;
  scgi_temp_path FOLDER/scgi;
  server {
    listen 127.0.0.1:PORT ssl;
    ssl_protocols TLSv1.3;
    ssl_certificate FOLDER/server.pem;
    ssl_certificate_key FOLDER/server.key;
    default_type text/plain;
    location / { return 200 "hello"; }
    location /file/ { alias FOLDER/public/; }
  }
}
]]

local CERTIFY = [[cd FOLDER && {
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
  -keyout ca.key -out ca.pem -days 2 -subj "/CN=Spec CA" &&
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
  -keyout server.key -out server.csr -subj "/CN=localhost" &&
printf 'subjectAltName=DNS:localhost' >names &&
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial \
  -days 2 -out server.pem -extfile names
} 2>openssl.log]]

describe("https", function()
  local folder, nginx, port, base, trusting

  setup(function()
    for _, tool in ipairs { "nginx", "openssl" } do
      assert(os.execute("command -v " .. tool .. " >/dev/null"),
        tool .. " is missing: sh scripts/test.sh installs it")
    end
    folder = support.new_folder()
    port = support.free_port()
    base = "https://localhost:" .. port
    assert(os.execute((CERTIFY:gsub("FOLDER", folder))), folder)
    support.write_file(folder .. "/nginx.conf",
      (NGINX:gsub("FOLDER", folder):gsub("PORT", port)))
    nginx = support.start { "nginx", "-c", folder .. "/nginx.conf",
      "-e", folder .. "/error.log" }
    support.wait_until(function() return raw_http.is_listening(port) end, "nginx")
    trusting = "SSL_CERT_FILE=" .. folder .. "/ca.pem " ..
      support.quote(support.perilune) .. " "
  end)

  teardown(function()
    nginx:stop()
    support.remove_folder(folder)
  end)

  local function script(text)
    local path = folder .. "/script.lua"
    support.write_file(path, (text:gsub("BASE", base)))
    return path
  end

  it("is requested by perilune load, and timed", function()
    local code, out = support.run(trusting .. "load -q -i 200 -u 4 " .. base)
    assert.equal(0, code)
    assert.truthy(out:find("http_req_failed%.*: 0.00%% +0 out of 200"), out)
    local longest = out:match("http_req_tls_handshaking%.*: avg=%S+ +min=%S+ +med=%S+ +max=(%S+)")
    assert.is_not.equal("0s", longest)
    local lines = support.read_file(folder .. "/access.log")
    assert.truthy(lines:find("^/ TLSv1.3 localhost\n"), lines)
  end)

  it("needs a certificate that is trusted", function()
    local code, out, err = support.command("load -q -i 2 " .. base)
    assert.equal(0, code)
    assert.truthy(out:find("1310 x509: unknown authority%.*: 2"), out)
    assert.truthy(err:find("error_code=1310", 1, true), err)
    local there = "load -q -i 2 https://127.0.0.1:" .. port
    code, out = support.run(trusting .. there)
    assert.equal(0, code)
    assert.truthy(out:find("1311 x509: certificate doesn't match hostname%.*: 2"), out)
    code, out = support.command(there .. " --insecure-skip-tls-verify")
    assert.equal(0, code)
    assert.truthy(out:find("http_req_failed%.*: 0.00%% +0 out of 2"), out)
  end)

  it("is requested by scripts", function()
    local code, out = support.command("load -q " .. script([[
      local http, t = require "http", require "loadtest"
      return {
        options = { insecureSkipTLSVerify = true },
        default = function()
          local res = http.get("BASE/")
          t.check(res, { status = res.status == 200, body = res.body == "hello",
            handshake = res.timings.tls_handshaking > 0 })
          res = http.get("BASE/")
          t.check(res, { kept = res.timings.tls_handshaking == 0 })
        end,
      }]]))
    assert.equal(0, code)
    assert.truthy(out:find("checks_failed%.+: 0.00%% 0 out of 4"), out)
  end)

  it("is requested by handlers", function()
    local dir = support.new_folder()
    support.write_file(dir .. "/routes.lua", (([[
      local http = require "http"
      return { ["GET /"] = function()
        local res = http.get "BASE/"
        return { body = res.body, code = res.error_code }
      end }]]):gsub("BASE", base)))
    local function ask(environment)
      local server = support.serve({ "--workers", "1", dir }, environment)
      local _, body = support.request(server.url .. "/")
      server:stop()
      return body
    end
    assert.truthy(ask("SSL_CERT_FILE=" .. folder .. "/ca.pem"):find('"hello"', 1, true))
    assert.truthy(ask():find("1310", 1, true))
    support.remove_folder(dir)
  end)

  it("is read by perilune convert", function()
    local profile = folder .. "/public/cpu.pb.gz"
    os.execute(("mkdir %s/public && chmod a+rx %s %s/public"):format(folder, folder, folder))
    support.write_file(folder .. "/work.lua", "for i = 1, 3e7 do local _ = i % 7 end")
    assert.equal(0, (support.command(("run --cpu %s %s/work.lua"):format(profile, folder))))
    local _, expected = support.command("convert --to folded " .. profile)
    local code, out, err = support.run(trusting .. "convert --to folded " .. base ..
      "/file/cpu.pb.gz")
    assert.equal(0, code, err)
    assert.equal(expected, out)
    code, _, err = support.command("convert --to folded " .. base .. "/file/cpu.pb.gz")
    assert.equal(1, code)
    assert.truthy(err:find("x509: unknown authority", 1, true), err)
  end)
end)
