-- valgrind_spec.lua: a server under valgrind, from its start through a profile to
-- its end. Valgrind reports no error and no leak.
-- Needs: valgrind core
local sampling = require "sampling"
local support = require "support"

local folder

setup(function() folder = support.new_folder() end)
teardown(function() support.remove_folder(folder) end)

it("reports nothing: start, profile, stop", function()
  local log = folder .. "/valgrind.log"
  local port = support.free_port()
  local server = support.start { "valgrind", "--error-exitcode=99", "--leak-check=full",
    "--errors-for-leak-kinds=definite", "--log-file=" .. log,
    "--suppressions=" .. support.source .. "/spec/valgrind.supp",
    support.perilune, "serve", "--listen", "127.0.0.1:" .. port,
    "--workers", "2", "--heap-rate", "4096", support.source .. "/lua" }
  server.url = "http://127.0.0.1:" .. port
  support.wait_until(function()
    return support.request(server.url .. "/healthz") == 200
  end, "the server", 300)
  local load = support.start { "sh", "-c", ([[
    while curl -sSf -o /dev/null '%s/data?rows=200'; do :; done]]):format(server.url) }
  sampling.gather_from(server, "profile?seconds=1", folder, 1, 100, "data.answer")
  load:stop()
  server:signal("TERM")
  local code = server:wait(300)
  local report = support.read_file(log)
  assert.are.equal(0, code, report)
  assert.is_truthy(report:find("ERROR SUMMARY: 0 errors", 1, true), report)
  server:stop()
end)
